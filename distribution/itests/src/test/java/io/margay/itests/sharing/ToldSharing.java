// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.sharing;

import io.margay.api.console.Command;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.dataplane.NextHop;
import io.margay.api.net.Cidr;
import io.margay.api.net.Ip;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.LearnedRoutes;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.Session;
import io.margay.api.sharing.SharingView;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * A route sharing that has learned what the command {@code told:learn} says, and shows what it is
 * to share. A bundle of its own, see {@link SharingBundle}.
 */
public final class ToldSharing implements RouteSharing, Command {
  private final LearnedRoutes core;
  private volatile String shared = "";

  public ToldSharing(LearnedRoutes core) {
    this.core = core;
  }

  @Override
  public String name() {
    return "told";
  }

  @Override
  public void share(SharingView view) {
    shared =
        new TreeSet<>(view.originated())
            .stream().map(Cidr::toString).collect(Collectors.joining(" "));
  }

  @Override
  public boolean synced() {
    return false;
  }

  @Override
  public List<Session> sessions() {
    return List.of();
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("told", "learn", "replace what was learned, and show what is shared")
        .withRepeatedArgument("route", "such as 198.18.0.0/15=192.0.2.1,192.0.2.2")
        .withFlag("synced", "that is all");
  }

  @Override
  public void run(Invocation invocation, Output output) {
    List<LearnedRoute> routes =
        invocation.values("route").stream().map(ToldSharing::route).toList();
    core.learned(name(), routes, invocation.has("synced"));
    output.message(shared);
  }

  private static LearnedRoute route(String text) {
    String[] halves = text.split("=");
    List<NextHop> hops =
        Arrays.stream(halves[1].split(",")).map(Ip::parse).map(NextHop::via).toList();
    return new LearnedRoute(Cidr.parse(halves[0]), hops, "told");
  }
}
