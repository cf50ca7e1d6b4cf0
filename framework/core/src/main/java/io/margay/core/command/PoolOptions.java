// SPDX-License-Identifier: Apache-2.0
package io.margay.core.command;

import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.resource.IpPool;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.PoolRules;
import io.margay.api.resource.Problem;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What may be said of a pool when it is made, and changed later: options of two commands. */
final class PoolOptions {
  private static final String NODES = "node-selector";
  private static final String NAMESPACES = "namespace-selector";
  private static final String USES = "allowed-uses";
  private static final String ASSIGNMENT = "assignment-mode";

  private PoolOptions() {}

  static CommandSpec describe(CommandSpec spec) {
    return spec.withOption(NODES, "SELECTOR", "only pods and tunnels of nodes with these labels")
        .withOption(NAMESPACES, "SELECTOR", "only pods of namespaces with these labels")
        .withOption(USES, "USES", "Workload, Tunnel or both with a comma; or LoadBalancer")
        .withOption(ASSIGNMENT, "MODE", "Automatic, or Manual: only for pods that ask for it");
  }

  static List<String> complete(String option) {
    return switch (option) {
      case NODES, NAMESPACES -> List.of("all()");
      case USES -> List.of("LoadBalancer", "Tunnel", "Workload", "Workload,Tunnel");
      case ASSIGNMENT -> List.of("Automatic", "Manual");
      default -> List.of();
    };
  }

  /** The fields of the pool's spec that are given. */
  static Map<String, Object> given(Invocation invocation) {
    Map<String, Object> fields = new LinkedHashMap<>();
    invocation.value(NODES).ifPresent(text -> fields.put("nodeSelector", text));
    invocation.value(NAMESPACES).ifPresent(text -> fields.put("namespaceSelector", text));
    invocation
        .value(USES)
        .ifPresent(
            text ->
                fields.put("allowedUses", Stream.of(text.split(",")).map(String::strip).toList()));
    invocation.value(ASSIGNMENT).ifPresent(text -> fields.put("assignmentMode", text));
    return fields;
  }

  /** Refuses a pool that must not be written, with all reasons. */
  static void require(IpPool pool, Optional<IpPool> before, StoredResources resources)
      throws CommandException {
    List<Problem> problems =
        PoolRules.problems(
            pool,
            before,
            resources.values(IpPool.KIND, IpPool::parse),
            resources.values(IpamBlock.KIND, IpamBlock::parse));
    if (!problems.isEmpty()) {
      throw new CommandException(
          problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
    }
  }
}
