// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.core.swap.SwapRecord.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeployFolderTest {
  @TempDir Path temp;
  private final List<String> deployed = new ArrayList<>();
  private Outcome outcome = Outcome.DONE;
  private Path jars;
  private DeployFolder folder;

  @BeforeEach
  void watch() throws IOException {
    jars = Files.createDirectories(temp.resolve("deploy"));
    folder = folder();
  }

  private DeployFolder folder() throws IOException {
    SwapHistory history = new SwapHistory(temp);
    return new DeployFolder(
        jars,
        jar -> {
          deployed.add(jar.title());
          SwapRecord record = record(jar);
          history.add(record);
          return record;
        },
        history);
  }

  private SwapRecord record(JarFacts jar) {
    return new SwapRecord(
        Instant.EPOCH, "swap", jar.name(), "", "1.0", outcome, -1, "no good", "", jar.sha256());
  }

  @Test
  void deploysAFileThatHasNotChangedBetweenTwoLooks() throws Exception {
    drop("a", "1.0.0", 1);
    folder.look();
    drop("a", "1.0.1", 2);
    folder.look();
    assertEquals(List.of(), deployed);

    folder.look();
    folder.look();

    assertEquals(List.of("a 1.0.1"), deployed);
  }

  @Test
  void namesWhatWasRefusedUntilItIsTakenAway() throws Exception {
    outcome = Outcome.REFUSED;
    drop("a", "1.0.0", 1);
    looks(3);
    assertEquals(List.of("a.jar was refused: no good"), folder.problems());

    Files.delete(jars.resolve("a.jar"));
    looks(1);

    assertEquals(List.of(), folder.problems());
  }

  @Test
  void triesAgainWhatIsDroppedAgain() throws Exception {
    drop("a", "1.0.0", 1);
    looks(3);
    Files.delete(jars.resolve("a.jar"));
    looks(1);
    drop("a", "1.0.0", 2);
    looks(3);

    assertEquals(List.of("a 1.0.0", "a 1.0.0"), deployed);
  }

  @Test
  void anAgentThatStartsDoesNotTryAgain() throws Exception {
    drop("a", "1.0.0", 1);
    looks(3);

    folder = folder();
    drop("b", "1.0.0", 1);
    looks(3);

    assertEquals(List.of("a 1.0.0", "b 1.0.0"), deployed);
  }

  @Test
  void aFolderThatIsNotThereIsEmpty() throws Exception {
    Files.delete(jars);

    looks(2);

    assertEquals(List.of(), folder.problems());
  }

  private void looks(int count) throws Exception {
    for (int i = 0; i < count; i++) {
      folder.look();
    }
  }

  private void drop(String name, String version, long seconds) throws Exception {
    Path file = jars.resolve(name + ".jar");
    TestJar.write(file, name, version);
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(seconds)));
  }
}
