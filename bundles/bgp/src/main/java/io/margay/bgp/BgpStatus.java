// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.console.Command;
import io.margay.api.console.CommandException;
import io.margay.api.console.CommandSpec;
import io.margay.api.console.Invocation;
import io.margay.api.console.Output;
import io.margay.api.net.IpFamily;
import io.margay.api.sharing.RouteSource;
import io.margay.api.sharing.RouteSources;
import io.margay.bgp.codec.Communities;
import io.margay.bgp.policy.SpeakerSettings;
import io.margay.bgp.session.State;
import java.util.ArrayList;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;

/** {@code bgp:status}: how route sharing by BGP is on this node. */
@Component
public final class BgpStatus implements Command {
  private final BgpSharing bgp;

  /** Whom this node believes; core comes and goes. */
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  private volatile RouteSources sources;

  /** A line. */
  record Row(String what, String value) {}

  @Activate
  public BgpStatus(@Reference BgpSharing bgp) {
    this.bgp = bgp;
  }

  @Override
  public CommandSpec spec() {
    return CommandSpec.of("bgp", "status", "show how route sharing by BGP is on this node")
        .withRows(Row.class)
        .withExample("bgp:status");
  }

  @Override
  public void run(Invocation invocation, Output output)
      throws CommandException, InterruptedException {
    PeerCommand.ask(bgp, BgpStatus::rows).forEach(output::row);
    bgp.problems().forEach(problem -> output.row(new Row("problem", problem)));
    carriedByStore().forEach(output::row);
  }

  private static List<Row> rows(Speaker speaker) {
    List<Row> rows = new ArrayList<>();
    if (speaker.settings().isEmpty()) {
      rows.add(new Row("speaker", "idle: this node is not in the store yet"));
      return rows;
    }
    SpeakerSettings settings = speaker.settings().get();
    rows.add(
        new Row(
            "speaker",
            "AS "
                + settings.asNumber()
                + ", identifier "
                + Communities.identifier(settings.routerId())
                + (settings.clusterId() == 0
                    ? ""
                    : ", reflector of cluster " + Communities.identifier(settings.clusterId()))));
    long up =
        speaker.peers().stream().filter(p -> p.session().state() == State.ESTABLISHED).count();
    rows.add(new Row("sessions", up + " of " + speaker.peers().size() + " are up"));
    rows.add(
        new Row(
            "in sync",
            speaker.isSynced()
                ? "yes"
                : "no: peers that are not up, or have not told all, are waited for"));
    rows.add(
        new Row(
            "routes",
            speaker.rib().routeCount()
                + " of "
                + speaker.rib().prefixCount(IpFamily.IPV4)
                + " IPv4 and "
                + speaker.rib().prefixCount(IpFamily.IPV6)
                + " IPv6 prefixes"));
    rows.add(new Row("originated", Integer.toString(settings.origins().size())));
    if (speaker.unknownConnections() > 0) {
      rows.add(new Row("strangers", speaker.unknownConnections() + " connections were refused"));
    }
    return rows;
  }

  /** Blocks of pools that learn their routes, of which nobody tells. */
  private List<Row> carriedByStore() {
    RouteSources core = sources;
    return core == null
        ? List.of()
        : core.routeSources().stream()
            .filter(s -> s.source().filter(RouteSource.STORE::equals).isPresent())
            .filter(s -> !s.detail().isEmpty())
            .map(s -> new Row("by the store", s.destination() + ": " + s.detail()))
            .toList();
  }
}
