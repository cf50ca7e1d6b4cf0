// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.console.CommandException;
import io.margay.api.console.Output;
import io.margay.testkit.FakeKernel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class IpipCountersTest {
  private final FakeKernel kernel = new FakeKernel();
  private final List<String> shown = new ArrayList<>();

  @Test
  void showsWhatTheProgramsCount() throws CommandException, InterruptedException {
    kernel.putCounter("ipip_counters.encapsulated", 7);
    kernel.putCounter("ipip_counters.decapsulated", 6);
    kernel.putCounter("ipip_counters.unknownPeer", 5);
    kernel.putCounter("ipip_counters.errors", 4);
    kernel.putCounter("tunl0.txPackets", 0);

    run();

    assertEquals(
        List.of(
            "ebpf encapsulated 7", "ebpf decapsulated 6", "ebpf unknownPeer 5", "ebpf errors 4"),
        shown);
  }

  @Test
  void showsWhatTheKernelsDeviceCounts() throws CommandException, InterruptedException {
    kernel.putCounter("tunl0.txPackets", 3);
    kernel.putCounter("tunl0.rxPackets", 2);

    run();

    assertEquals(List.of("kernel encapsulated 3", "kernel decapsulated 2"), shown);
  }

  @Test
  void saysThatThereIsNothing() throws CommandException, InterruptedException {
    run();

    assertEquals(List.of(), shown);
  }

  private void run() throws CommandException, InterruptedException {
    new IpipCounters(kernel)
        .run(
            null,
            new Output() {
              @Override
              public void row(Record row) {
                IpipCounters.Row r = (IpipCounters.Row) row;
                shown.add(r.driver() + " " + r.counter() + " " + r.packets());
              }

              @Override
              public void message(String text) {}

              @Override
              public boolean isClosed() {
                return false;
              }

              @Override
              public void flush() {}
            });
  }
}
