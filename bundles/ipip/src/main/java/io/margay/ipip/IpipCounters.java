// SPDX-License-Identifier: Apache-2.0
package io.margay.ipip;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Owner;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code ipip:counters}: what this node's device has sent, received and dropped. */
@Component
public final class IpipCounters implements Command {
  private static final List<String> MEANINGS =
      List.of(
          "sent to other nodes",
          "received from other nodes",
          "dropped: from an address that no known node has",
          "dropped: fragments, options, no IPv4 inside, CE without ECN inside, or no room");

  private final Dataplane dataplane;

  /** A counter. */
  record Row(String driver, String counter, long packets, String meaning) {}

  @Activate
  public IpipCounters(@Reference Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of(Driver.IPIP, "counters", "show what IP-in-IP has carried and dropped")
        .withRows(Row.class)
        .withExample("ipip:counters");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Map<String, Long> counters;
    try {
      counters = dataplane.counters(Owner.mode(Driver.IPIP));
    } catch (DataplaneException e) {
      throw new CommandException("counters: " + e.getMessage(), e);
    }
    if (counters.containsKey(key(Counters.ENCAPSULATED))) {
      for (int i = 0; i < Counters.NAMES.size(); i++) {
        row(output, "ebpf", i, counters.getOrDefault(key(i), 0L));
      }
    } else if (counters.containsKey(KernelDevice.LINK + ".txPackets")) {
      row(output, "kernel", Counters.ENCAPSULATED, counters.get(KernelDevice.LINK + ".txPackets"));
      row(output, "kernel", Counters.DECAPSULATED, counters.get(KernelDevice.LINK + ".rxPackets"));
      output.message("What unknown nodes send is dropped before the device: see host:counters.");
    } else {
      output.message("This node has no device for IP-in-IP.");
    }
  }

  private static String key(int counter) {
    return Counters.MAP + "." + Counters.NAMES.get(counter);
  }

  private static void row(Output output, String driver, int counter, long packets) {
    output.row(new Row(driver, Counters.NAMES.get(counter), packets, MEANINGS.get(counter)));
  }
}
