// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import io.margay.bgp.codec.Prefix;
import io.margay.bgp.rib.RouteView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** {@code bgp:explain}: why a prefix has the route that it has, and whom it is told. */
@Component
public final class BgpExplain implements Command {
  private final BgpSharing bgp;

  /** Whom this node believes; core comes and goes. */
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile RouteSources sources;

  /** One step of the story. */
  record Row(String what, String with, String answer) {}

  @Activate
  public BgpExplain(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "explain", "explain the routes of a prefix, and whom it is told")
        .withArgument(RouteRows.PREFIX, "a prefix, or an address: then what it lies in")
        .withRows(Row.class)
        .withExample("bgp:explain 10.244.0.64/26")
        .withExample("bgp:explain 10.244.0.70");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    Prefix wanted = RouteRows.parse(invocation.argument(RouteRows.PREFIX));
    List<Row> rows =
        PeerCommand.ask(
            bgp,
            speaker -> {
              Optional<Prefix> prefix = longest(speaker, wanted);
              return prefix.map(p -> story(speaker, p)).orElse(List.of());
            });
    if (rows.isEmpty()) {
      output.row(new Row("routes", wanted.toString(), "no peer has told any, and it is not ours"));
    }
    rows.forEach(output::row);
    believed(wanted).ifPresent(output::row);
  }

  /** The longest prefix that has routes and in which the wanted one lies. */
  private static Optional<Prefix> longest(Speaker speaker, Prefix wanted) {
    return speaker.settings().isEmpty()
        ? Optional.empty()
        : speaker.queries().routes(prefix -> prefix.contains(wanted)).stream()
            .map(RouteView::prefix)
            .max(Comparator.comparingInt(Prefix::length));
  }

  private static List<Row> story(Speaker speaker, Prefix prefix) {
    List<Row> rows = new ArrayList<>();
    for (RouteView view : speaker.queries().routes(prefix::equals)) {
      String state = view.isBest() ? "best" : "lost: " + view.reason();
      rows.add(
          new Row(
              "route " + prefix,
              view.peer().name(),
              state + (view.isStale() ? " (stale)" : "") + "; " + view.received()));
    }
    for (Peer peer : speaker.peers()) {
      String answer =
          peer.member()
              .map(
                  member ->
                      speaker
                          .queries()
                          .whyNotAdvertised(member, prefix)
                          .map(why -> "no: " + why)
                          .orElse("yes"))
              .orElse("no: the session is " + peer.session().state());
      rows.add(new Row("told", peer.settings().name(), answer));
    }
    return rows;
  }

  private Optional<Row> believed(Prefix wanted) {
    RouteSources core = sources;
    return core == null
        ? Optional.empty()
        : core.routeSources().stream()
            .filter(source -> Prefix.of(source.destination()).contains(wanted))
            .max(Comparator.comparingInt(source -> source.destination().length()))
            .map(BgpExplain::believed);
  }

  private static Row believed(RouteSource source) {
    String hops = source.nextHops().isEmpty() ? "" : " " + source.nextHops();
    return new Row(
        "this node goes by",
        source.destination().toString(),
        source.source().orElse("nothing")
            + hops
            + (source.detail().isEmpty() ? "" : ": " + source.detail()));
  }
}
