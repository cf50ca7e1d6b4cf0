// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.Dataplane;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Owner;
import java.util.Map;
import java.util.TreeMap;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** {@code host:counters}. */
@Component
public final class HostCounters implements Command {
  private static final String PREFIX = "nft.";
  private static final String PACKETS = ".packets";
  private static final String BYTES = ".bytes";

  private static final Map<String, String> MEANINGS =
      Map.of(
          "spoofed", "from a pod, from an address that is not the pod's",
          "tunnelled-by-pod", "from a pod, tunnel packets such as only nodes may send",
          "unknown-node", "tunnel packets for this node from none of the cluster's nodes");

  private record Row(String dropped, long packets, long bytes, String meaning) {}

  private final Dataplane dataplane;

  @Activate
  public HostCounters(@Reference Dataplane dataplane) {
    this.dataplane = dataplane;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("host", "counters", "count what the host rules of this node dropped")
        .withRows(Row.class)
        .withExample("host:counters");
  }

  @Override
  public void run(Invocation invocation, Output output) throws CommandException {
    Map<String, Long> counters;
    try {
      counters = new TreeMap<>(dataplane.counters(Owner.HOST));
    } catch (DataplaneException e) {
      throw new CommandException(e.getMessage(), e);
    }
    counters.forEach(
        (key, packets) -> {
          if (key.startsWith(PREFIX) && key.endsWith(PACKETS)) {
            String name = key.substring(PREFIX.length(), key.length() - PACKETS.length());
            long bytes = counters.getOrDefault(PREFIX + name + BYTES, 0L);
            output.row(new Row(name, packets, bytes, MEANINGS.getOrDefault(name, "")));
          }
        });
  }
}
