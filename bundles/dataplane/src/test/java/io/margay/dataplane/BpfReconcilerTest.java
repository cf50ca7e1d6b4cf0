// SPDX-License-Identifier: Apache-2.0
package io.margay.dataplane;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.api.dataplane.BpfMap;
import io.margay.api.dataplane.BpfMapEntry;
import io.margay.api.dataplane.BpfProgram;
import io.margay.api.dataplane.BpfProgram.Hook;
import io.margay.api.dataplane.Cause;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.DesiredState;
import io.margay.api.dataplane.KernelObject;
import io.margay.api.dataplane.Owner;
import io.margay.dataplane.journal.Recorder;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What depends on each other among maps, entries and programs. */
class BpfReconcilerTest {
  private static final Owner MODE = Owner.mode("ipip");
  private static final Owner OTHER = Owner.mode("other");
  private static final Cause TEST = new Cause("test");
  private static final BpfMap MAP = BpfMap.of("peers", BpfMap.Type.HASH, 4, 4, 16);
  private static final BpfMap LARGER = BpfMap.of("peers", BpfMap.Type.HASH, 4, 4, 32);
  private static final BpfMapEntry ENTRY = entry(1);
  private static final BpfProgram PROGRAM =
      BpfProgram.of("decap", "eth0", Hook.INGRESS, new byte[16]).withMap(0, "peers");

  private final ManualTime time = new ManualTime();
  private final MemoryKernel kernel = new MemoryKernel();
  private Reconciler reconciler;

  @BeforeEach
  void start() throws DataplaneException {
    kernel.makeLink("eth0");
    reconciler = new Reconciler(kernel, new Problems(time), Recorder.NONE, time, 90, false);
    reconciler.start();
  }

  @Test
  void writesMapsBeforeWhatUsesThemAndDeletesInReverse() throws DataplaneException {
    declare(MODE, PROGRAM, ENTRY, MAP);

    assertEquals(List.of("ADD " + MAP, "ADD " + ENTRY, "ADD " + PROGRAM), kernel.log);

    kernel.log.clear();
    reconciler.retire(MODE, TEST);
    reconciler.step();

    assertEquals(List.of("DELETE " + PROGRAM, "DELETE " + ENTRY, "DELETE " + MAP), kernel.log);
  }

  @Test
  void writesAgainWhatWentWithTheMapThatWasReplaced() throws DataplaneException {
    declare(MODE, PROGRAM, ENTRY, MAP);
    kernel.log.clear();
    kernel.objects.remove(ENTRY.key());
    BpfProgram outdated = BpfProgram.ofDigest("decap", "eth0", Hook.INGRESS, "outdated");
    kernel.objects.put(PROGRAM.key(), new Kernel.Found(outdated, true));

    declare(MODE, PROGRAM, ENTRY, LARGER);

    assertEquals(List.of("REPLACE " + LARGER, "ADD " + ENTRY, "REPLACE " + PROGRAM), kernel.log);
  }

  @Test
  void writesWhatWaitedForAMapAtOnce() throws DataplaneException {
    kernel.refused = object -> !(object instanceof BpfMap);
    kernel.refusedErrno = "ENOENT";
    declare(MODE, PROGRAM, ENTRY);
    kernel.refused = object -> false;

    declare(OTHER, MAP);

    assertEquals(List.of("ADD " + MAP, "ADD " + ENTRY, "ADD " + PROGRAM), kernel.log);
  }

  @Test
  void waitsForEveryLinkThatAProgramNames() throws DataplaneException {
    BpfProgram program = PROGRAM.withLink(1, "tunl0");
    declare(MODE, MAP, program);
    assertFalse(kernel.objects.containsKey(program.key()));

    kernel.makeLink("tunl0");
    reconciler.step();

    assertTrue(kernel.objects.containsKey(program.key()));
  }

  @Test
  void removesEntriesThatSomebodyPutsInOnceEverythingIsKnown() throws DataplaneException {
    declare(MODE, MAP, ENTRY);
    kernel.put(entry(2), true);
    refresh();
    assertTrue(kernel.objects.containsKey(entry(2).key()), "its owner may come yet");

    reconciler.sweep(entry(3)::equals, TEST);
    kernel.put(entry(4), true);
    kernel.put(entry(3), true);
    refresh();

    assertTrue(kernel.objects.containsKey(ENTRY.key()));
    assertTrue(kernel.objects.containsKey(entry(3).key()));
    assertFalse(kernel.objects.containsKey(entry(2).key()));
    assertFalse(kernel.objects.containsKey(entry(4).key()));
  }

  private void refresh() throws DataplaneException {
    time.advanceSeconds(91);
    reconciler.step();
  }

  private void declare(Owner owner, KernelObject... objects) throws DataplaneException {
    reconciler.declare(owner, DesiredState.of(objects), TEST);
    reconciler.step();
  }

  private static BpfMapEntry entry(int number) {
    return BpfMapEntry.of("peers", new byte[] {10, 0, 0, (byte) number}, new byte[4]);
  }
}
