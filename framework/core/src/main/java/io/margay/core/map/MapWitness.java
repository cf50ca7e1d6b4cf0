// SPDX-License-Identifier: Apache-2.0
package io.margay.core.map;

import io.margay.api.net.Ip;
import io.margay.api.node.NodeAgent;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.Session;
import io.margay.core.query.QueryResponder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Says for a map how this node is, and which sessions it has. */
@Component(service = QueryResponder.Verb.class)
public final class MapWitness implements QueryResponder.Verb {
  static final String VERB = "map";

  private final NodeAgent agent;

  @Reference(policy = ReferencePolicy.DYNAMIC)
  private volatile List<RouteSharing> sharings = List.of();

  @Activate
  public MapWitness(@Reference NodeAgent agent) {
    this.agent = agent;
  }

  @Override
  public String name() {
    return VERB;
  }

  @Override
  public CompletionStage<Map<String, Object>> answer(Map<String, String> arguments) {
    List<Object> sessions = new ArrayList<>();
    for (RouteSharing sharing : sharings) {
      for (Session session : sharing.sessions()) {
        sessions.add(
            Map.of(
                "peer",
                session.node().orElseGet(() -> Ip.text(session.peer())),
                "address",
                Ip.text(session.peer()),
                "as",
                session.asNumber(),
                "state",
                session.state()));
      }
    }
    return CompletableFuture.completedFuture(
        Map.of("sessions", sessions, "notReady", agent.notReady().orElse("")));
  }
}
