// SPDX-License-Identifier: Apache-2.0
package io.margay.cni;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.cni.CniException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolTest {
  private static final Attachment ATTACHMENT = new Attachment("net", "c", "eth0");
  private static final RawCall DEL = TestNode.call(Verb.DEL);
  private static final Deadline SOON = Deadline.after(Duration.ofSeconds(20));

  @TempDir private Path directory;
  private Spool spool;

  @BeforeEach
  void open() {
    spool = new Spool(directory.resolve("spool"));
  }

  @Test
  void keepsACallAsItWas() throws Exception {
    spool.write(ATTACHMENT, DEL);

    List<RawCall> executed = executed();
    assertArrayEquals(DEL.input(), executed.get(0).input());
    assertTrue(executed.get(0).environment().entrySet().containsAll(DEL.environment().entrySet()));
    assertEquals(36, executed.get(0).variable(RawCall.BOOT_ID).length());
    assertEquals(List.of(), spool.waiting());
  }

  @Test
  void oneAttachmentIsOneFile() throws Exception {
    spool.write(ATTACHMENT, DEL);
    spool.write(ATTACHMENT, DEL);
    spool.write(new Attachment("net", "c", "a,b"), DEL);

    assertEquals(2, spool.waiting().size());
    assertTrue(spool.waiting().contains(new Attachment("net", "c", "a,b")));
  }

  @Test
  void isEmptyBeforeAnybodyWrites() throws Exception {
    assertEquals(List.of(), spool.waiting());
    assertEquals(List.of(), executed());
  }

  @Test
  void ignoresWhatAKilledWriterLeft() throws Exception {
    spool.write(ATTACHMENT, DEL);
    Files.writeString(spool.directory().resolve(".tmp-x,y,z"), "half");

    assertEquals(List.of(ATTACHMENT), spool.waiting());
  }

  @Test
  void deletesWhatAKilledAgentLeft() throws Exception {
    Files.createDirectories(spool.directory());
    Path own = spool.directory().resolve(".agent-" + ProcessHandle.current().pid() + "-1");
    Path others = spool.directory().resolve(".agent-0-1");
    Files.createFile(own);
    Files.createFile(others);

    spool.clean();

    assertTrue(Files.exists(own), "another instance of this bundle may be writing it");
    assertFalse(Files.exists(others));
  }

  @Test
  void executesByNameWhatCannotBeRead() throws Exception {
    spool.write(ATTACHMENT, DEL);
    Files.writeString(spool.directory().resolve("net,c,eth0"), "garbage");

    assertEquals(1, executed().size());
  }

  @Test
  void keepsWhatFailed() throws Exception {
    spool.write(ATTACHMENT, DEL);

    assertThrows(
        CniException.class,
        () ->
            spool.execute(
                ATTACHMENT,
                SOON,
                call -> {
                  throw new CniException(Code.TRY_AGAIN_LATER, "no");
                }));

    assertEquals(List.of(ATTACHMENT), spool.waiting());
  }

  @Test
  void secondInstanceDoesNotRepeat() throws Exception {
    spool.write(ATTACHMENT, DEL);
    CountDownLatch executing = new CountDownLatch(1);
    CompletableFuture<Void> go = new CompletableFuture<>();
    CompletableFuture<Void> first =
        CompletableFuture.runAsync(
            () ->
                execute(
                    call -> {
                      executing.countDown();
                      go.join();
                    }));
    executing.await();
    CompletableFuture<List<RawCall>> second = CompletableFuture.supplyAsync(this::executed);
    assertThrows(IOException.class, () -> spool.execute(ATTACHMENT, new Deadline(0), call -> {}));
    go.complete(null);

    first.join();
    assertEquals(List.of(), second.join());
    assertFalse(spool.holds(ATTACHMENT));
  }

  private List<RawCall> executed() {
    List<RawCall> executed = new ArrayList<>();
    execute(executed::add);
    return executed;
  }

  private void execute(Spool.Execution execution) {
    try {
      spool.execute(ATTACHMENT, SOON, execution);
    } catch (IOException | CniException e) {
      throw new AssertionError(e);
    }
  }
}
