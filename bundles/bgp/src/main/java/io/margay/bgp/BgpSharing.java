// SPDX-License-Identifier: Apache-2.0
package io.margay.bgp;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.net.Ip;
import io.margay.api.node.NodeProperties;
import io.margay.api.sharing.LearnedRoute;
import io.margay.api.sharing.LearnedRoutes;
import io.margay.api.sharing.RouteSharing;
import io.margay.api.sharing.Session;
import io.margay.api.sharing.SharingView;
import io.margay.bgp.policy.SecretFiles;
import io.margay.bgp.policy.Secrets;
import io.margay.bgp.policy.SettingsMaker;
import io.margay.bgp.policy.SpeakerSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.annotations.ReferencePolicyOption;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Shares routes by BGP. When it is stopped it says nothing to anybody: peers keep this node's
 * routes for the restart time, and core keeps what was learned.
 */
@Component(
    service = {RouteSharing.class, HealthCheck.class, BgpSharing.class},
    configurationPid = "io.margay.bgp")
@Designate(ocd = BgpSharing.Config.class)
public final class BgpSharing implements RouteSharing, HealthCheck {
  /** Of this route sharing, and of what it learns. */
  static final String NAME = "bgp";

  /** Beside {@code etc/io.margay.bgp.cfg}. */
  @ObjectClassDefinition(name = "BGP")
  public @interface Config {
    @AttributeDefinition(
        description = "Hold time that is offered to peers, in seconds",
        min = "3",
        max = "65535")
    int holdSeconds() default 90;

    @AttributeDefinition(
        description = "How long peers that are not up are waited for after the start, in seconds",
        min = "1",
        max = "360")
    int deferralSeconds() default 60;

    @AttributeDefinition(
        description = "Routes of all peers together; one more ends the session that told it",
        min = "1000",
        max = "10000000")
    int maxRoutes() default 2000000;

    @AttributeDefinition(
        description = "Whether what is learned becomes routes of this node; false for a reflector")
    boolean installsRoutes() default true;
  }

  private final Speaker speaker;
  private final Secrets secrets;
  private final int holdSeconds;

  /** What was handed over last, for a core that comes later. */
  private record Learned(Collection<LearnedRoute> routes, boolean isSynced) {}

  private Optional<LearnedRoutes> receiver = Optional.empty();
  private Optional<Learned> learned = Optional.empty();

  private volatile Optional<SharingView> view = Optional.empty();
  private volatile Optional<SpeakerSettings> settings = Optional.empty();
  private volatile List<Session> sessions = List.of();
  private volatile List<String> failures = List.of();
  private volatile boolean isSynced;

  /** Begins, without peers until core shares a view. */
  @Activate
  public BgpSharing(BundleContext context, Config config) {
    secrets =
        new SecretFiles(Path.of(context.getProperty(NodeProperties.STATE)).resolve("secrets"));
    holdSeconds = config.holdSeconds();
    speaker =
        new Speaker(
            new Speaker.Options(
                config.maxRoutes(), config.deferralSeconds(), config.installsRoutes()),
            this::learned,
            this::sessionsChanged);
  }

  @Deactivate
  void stop() {
    speaker.close();
  }

  // --- what core gives and gets ---

  /** Core comes and goes; sessions stay. */
  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  synchronized void setLearnedRoutes(LearnedRoutes core) {
    receiver = Optional.of(core);
    learned.ifPresent(all -> core.learned(NAME, all.routes(), all.isSynced()));
  }

  synchronized void unsetLearnedRoutes(LearnedRoutes core) {
    receiver = receiver.filter(known -> known != core);
  }

  private synchronized void learned(Collection<LearnedRoute> routes, boolean synced) {
    isSynced = synced;
    learned = Optional.of(new Learned(routes, synced));
    receiver.ifPresent(core -> core.learned(NAME, routes, synced));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void share(SharingView changed) {
    view = Optional.of(changed);
    apply();
  }

  /** Reads passwords again too. */
  synchronized void apply() {
    Optional<SpeakerSettings> made =
        view.flatMap(v -> SettingsMaker.make(v, secrets, holdSeconds, settings));
    if (made.isPresent() && !made.equals(settings)) {
      settings = made;
      speaker.configure(made.get());
    }
  }

  @Override
  public boolean synced() {
    return isSynced;
  }

  private void sessionsChanged() {
    List<Session> now = new ArrayList<>();
    for (Peer peer : speaker.peers()) {
      now.add(peer.summary());
    }
    sessions = List.copyOf(now);
    failures = speaker.failures();
  }

  @Override
  public List<Session> sessions() {
    return sessions;
  }

  // --- what is asked of it ---

  Speaker speaker() {
    return speaker;
  }

  Optional<SharingView> view() {
    return view;
  }

  Optional<SpeakerSettings> settings() {
    return settings;
  }

  /** What the settings would be for another view. */
  Optional<SpeakerSettings> suppose(SharingView other) {
    return SettingsMaker.make(other, secrets, holdSeconds, settings);
  }

  /** What is wrong with the configuration, and what this speaker cannot do, in sentences. */
  List<String> problems() {
    List<String> all = new ArrayList<>(failures);
    settings.ifPresent(s -> all.addAll(s.problems()));
    return all;
  }

  @Override
  public List<Health> check() {
    List<String> wrong = problems();
    for (Session session : sessions) {
      if (!session.state().equals("Established")) {
        wrong.add(
            "the session with "
                + session.node().map(node -> node + " ").orElse("")
                + Ip.text(session.peer())
                + " is "
                + session.state()
                + (session.detail().isEmpty() ? "" : ": " + session.detail()));
      }
    }
    return List.of(
        wrong.isEmpty()
            ? Health.ok(NAME)
            : Health.degraded(NAME, String.join("; ", shortened(wrong))));
  }

  /** A mesh of hundreds of nodes that are down is not told node by node. */
  private static List<String> shortened(List<String> sentences) {
    if (sentences.size() <= 5) {
      return sentences;
    }
    List<String> few = new ArrayList<>(sentences.subList(0, 5));
    few.add("and " + (sentences.size() - 5) + " more: bgp:status");
    return few;
  }
}
