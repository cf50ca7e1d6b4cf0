// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.NextHop;
import io.margay.api.dataplane.Owner;
import io.margay.api.dataplane.Route;
import io.margay.api.net.Cidr;
import io.margay.dataplane.journal.Recorder;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelLoopTest {
  private static final Owner POOL = Owner.pool("blue");
  private static final DesiredState ROUTES =
      DesiredState.of(Route.of(Cidr.parse("10.1.0.0/26"), NextHop.dev("eth0")));

  @TempDir private Path state;
  private final Problems problems = new Problems(Time.SYSTEM);
  private final MemoryKernel kernel = new MemoryKernel();
  private KernelLoop loop;

  @AfterEach
  void stop() {
    loop.close();
  }

  @Test
  void saysWhyItCannotWorkAndDoesNotTryAgain() {
    int[] opened = {0};
    DataplaneException why = new DataplaneException("open kernel: EPERM", "EPERM");
    loop =
        loop(
            (wake, thread) -> {
              opened[0]++;
              throw why;
            });
    CompletableFuture<Void> before = loop.settled(POOL);

    loop.start();

    assertSame(why, assertThrows(ExecutionException.class, before::get).getCause());
    assertSame(why, assertThrows(ExecutionException.class, loop.settled(POOL)::get).getCause());
    assertSame(why, assertThrows(DataplaneException.class, () -> loop.call(r -> 1)));
    assertSame(why, loop.failure().orElseThrow());
    assertEquals(1, opened[0]);
  }

  @Test
  void finishesWhatWasPostedBeforeItStops() throws Exception {
    kernel.makeLink("eth0");
    loop =
        loop(
            (wake, thread) ->
                new Reconciler(kernel, problems, Recorder.NONE, Time.SYSTEM, 90, false));
    loop.start();
    CompletableFuture<Void> settled = loop.settled(POOL);
    assertNull(settled.get());

    loop.post(r -> r.declare(POOL, ROUTES, new Cause("test")));
    CompletableFuture<Void> last = loop.settled(POOL);
    loop.close();

    assertNull(last.get());
    assertEquals(1, kernel.log.size());
    assertEquals(1, loop.written());
    assertTrue(
        assertThrows(DataplaneException.class, () -> loop.call(r -> 1))
            .getMessage()
            .contains("stopped"));
  }

  @Test
  void stopsWhileItWaitsForTheToken() throws Exception {
    try (WriterToken held = WriterToken.await(state.resolve(KernelLoop.LOCK), () -> false)) {
      loop =
          loop(
              (wake, thread) ->
                  new Reconciler(kernel, problems, Recorder.NONE, Time.SYSTEM, 90, false));
      loop.start();
      CompletableFuture<Void> waiting = loop.settled(POOL);

      loop.close();

      assertThrows(ExecutionException.class, waiting::get);
      assertFalse(loop.isReady());
      assertTrue(held != null);
    }
  }

  @Test
  void answersWithTheBugOfAQuestionAndGoesOn() throws Exception {
    loop =
        loop(
            (wake, thread) ->
                new Reconciler(kernel, problems, Recorder.NONE, Time.SYSTEM, 90, false));
    loop.start();

    assertThrows(
        IllegalStateException.class,
        () ->
            loop.call(
                r -> {
                  throw new IllegalArgumentException("bug");
                }));

    assertEquals("seven", loop.call(r -> "seven"));
  }

  private KernelLoop loop(KernelLoop.Opener opener) {
    return new KernelLoop(state, opener, problems, Time.SYSTEM, Threads.OF_PROCESS, () -> {});
  }
}
