// SPDX-License-Identifier: Apache-2.0
package io.margay.core.swap;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.mode.RoutingMode;
import io.margay.api.node.NodeProperties;
import io.margay.api.sharing.RouteSharing;
import io.margay.core.ModeGate;
import io.margay.core.ModeState;
import io.margay.core.trust.Trust;
import io.margay.core.trust.Trust.Required;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces, installs and removes bundles of the running agent, one after the other on the thread
 * {@code swap}. Its methods may be called on any thread.
 */
@Component(
    service = {Deployment.class, HealthCheck.class},
    immediate = true,
    configurationPid = "io.margay.bundle")
@Designate(ocd = Deployment.Config.class)
public final class Deployment implements HealthCheck {
  /** What may be replaced by what. */
  @ObjectClassDefinition(name = "Bundles", description = "Replacing bundles on a running node")
  public @interface Config {
    @AttributeDefinition(
        description =
            "What a jar must have to be installed or swapped: any (nothing) or signed (the"
                + " signature of somebody whose certificate is in etc/trust)")
    Required trust() default Required.any;

    @AttributeDefinition(
        description =
            "How long a bundle from the deploy folder is watched before the old one goes, in"
                + " seconds",
        min = "0",
        max = "3600")
    int bakeSeconds() default 30;
  }

  /**
   * Framework property: the folder that is watched for jars; {@code deploy} of the distribution.
   */
  static final String FOLDER = "margay.deploy";

  private static final Logger LOG = LoggerFactory.getLogger(Deployment.class);
  private static final String HEALTH = "bundles";
  private static final long LOOK_SECONDS = 2;

  private final Path home;
  private final Path etc;
  private final Platform platform;
  private final InstalledBundles installed;
  private final SwapHistory history;
  private final DeployFolder folder;
  private final ScheduledThreadPoolExecutor thread;

  /** The latest failure of each bundle, until it is tried again. */
  private final Map<String, String> failures = new TreeMap<>();

  private volatile Config config;
  private volatile Swap running;

  private volatile ModeGate modes;

  @Activate
  public Deployment(
      BundleContext context, Config config, @Reference ServiceComponentRuntime components)
      throws IOException {
    this.config = config;
    home = Path.of(context.getProperty(NodeProperties.HOME));
    etc = Path.of(context.getProperty(NodeProperties.ETC));
    Path state = Path.of(context.getProperty(NodeProperties.STATE)).resolve("installed");
    installed = new InstalledBundles(state, home.resolve("bundles"));
    history = new SwapHistory(state);
    platform =
        new Platform(
            context,
            new BundleLife(context),
            new Gatekeeper(
                new Trust(etc.resolve("trust"), Clock.systemUTC()),
                () -> this.config.trust(),
                home.resolve("bundles")),
            components,
            new ModeAnswers(() -> Optional.ofNullable(modes)),
            new Retired(),
            Clock.systemUTC());
    String watched = context.getProperty(FOLDER);
    folder =
        new DeployFolder(
            watched == null ? home.resolve("deploy") : Path.of(watched), this::deploy, history);
    thread = new ScheduledThreadPoolExecutor(1, task -> new Thread(task, "swap"));
    thread.execute(this::begin);
    thread.scheduleWithFixedDelay(
        () -> guarded(folder::look), LOOK_SECONDS, LOOK_SECONDS, TimeUnit.SECONDS);
  }

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  void bindModes(ModeGate gate) {
    modes = gate;
    thread.execute(() -> guarded(() -> installed.preferred().forEach(gate::preferMode)));
  }

  void unbindModes(ModeGate gate) {
    if (modes == gate) {
      modes = null;
    }
  }

  @Modified
  void modified(Config changed) {
    config = changed;
  }

  /** A swap that is under way comes to its end first, or is as if the agent had been killed. */
  @Deactivate
  void stop() {
    thread.shutdownNow();
  }

  /** What became of the latest attempts, oldest first. */
  public List<SwapRecord> history() {
    return history.records();
  }

  /** Attempts that ended so since the agent started. */
  long count(SwapRecord.Outcome outcome) {
    return history.count(outcome);
  }

  /** The bundle of this name; {@code vxlan} stands for {@code io.margay.vxlan}. */
  public Bundle find(String name) throws SwapException {
    return platform
        .life()
        .find(name)
        .or(() -> platform.life().find("io.margay." + name.replace('-', '.')))
        .orElseThrow(
            () -> new SwapException(name + ": no such bundle (expected: one of bundle:list)"));
  }

  /** Symbolic names of all bundles. */
  List<String> names() {
    return List.of(platform.context().getBundles()).stream()
        .map(Bundle::getSymbolicName)
        .filter(Objects::nonNull)
        .toList();
  }

  /** The features that this node knows. */
  Features features() throws SwapException {
    return Features.read(etc.resolve("features.json"));
  }

  /** For completion: none when they cannot be read. */
  List<String> featureNames() {
    try {
      return features().features().stream().map(Features.Feature::name).toList();
    } catch (SwapException e) {
      return List.of();
    }
  }

  /** Whether a bundle runs from a jar with this content. */
  boolean runs(JarFacts jar) {
    return platform
        .life()
        .find(jar.name())
        .map(BundleLife::file)
        .filter(file -> Path.of(file).getFileName().toString().equals(jar.keptAs()))
        .isPresent();
  }

  /** Who vouches for a bundle, in words. */
  String signer(Bundle bundle) {
    return platform.gatekeeper().signer(Path.of(BundleLife.file(bundle)));
  }

  /** Whether the bundle with this class is being replaced just now, so that nobody waits for it. */
  boolean isHandingOver(String name) {
    Swap swap = running;
    return swap != null && swap.isHandingOver() && swap.name().equals(name);
  }

  /**
   * Carries out an order when those before it are through.
   *
   * @return what became of it; a refusal or a roll-back is a result, too
   */
  CompletableFuture<SwapRecord> submit(Order order) {
    return submit(() -> carryOut(order));
  }

  /** The jar that ran before the present one of this bundle. */
  Path previous(Bundle bundle) throws SwapException {
    String version = bundle.getVersion().toString();
    SwapRecord latest =
        history.records().stream()
            .filter(r -> r.name().equals(bundle.getSymbolicName()))
            .filter(r -> r.outcome() == SwapRecord.Outcome.DONE)
            .reduce((first, later) -> later)
            .filter(r -> r.to().equals(version) && !r.fromFile().isEmpty())
            .orElseThrow(
                () ->
                    new SwapException(
                        Promise.title(bundle) + " has replaced no other: nothing to go back to"));
    return Path.of(latest.fromFile());
  }

  /** Stops and removes a bundle, also for the next start. */
  CompletableFuture<SwapRecord> uninstall(Bundle bundle) {
    return submit(
        () -> {
          SwapRecord.Outcome outcome = SwapRecord.Outcome.DONE;
          String detail = "";
          try {
            detail = remove(bundle);
          } catch (SwapException e) {
            outcome = SwapRecord.Outcome.REFUSED;
            detail = e.getMessage();
          }
          SwapRecord record =
              new SwapRecord(
                  platform.clock().instant(),
                  "uninstall",
                  bundle.getSymbolicName(),
                  bundle.getVersion().toString(),
                  "",
                  outcome,
                  -1,
                  detail,
                  BundleLife.file(bundle),
                  "");
          history.add(record);
          return record;
        });
  }

  /** Lets the mode of this bundle plan from now on and after a restart. */
  CompletableFuture<Void> prefer(String mode, Bundle bundle) {
    return submit(
        () -> {
          ModeGate gate = modes;
          installed.prefer(mode, bundle.getSymbolicName());
          platform.modes().adopt(bundle);
          if (gate != null) {
            gate.preferMode(mode, bundle.getSymbolicName());
          }
          return null;
        });
  }

  /** What core says about modes. */
  ModeAnswers modes() {
    return platform.modes();
  }

  @Override
  public List<Health> check() {
    List<String> problems;
    synchronized (failures) {
      problems = new ArrayList<>(failures.values());
    }
    problems.addAll(folder.problems());
    if (!problems.isEmpty()) {
      return List.of(Health.degraded(HEALTH, String.join("; ", problems)));
    }
    int inMemory = platform.retired().inMemory();
    return List.of(
        new Health(
            HEALTH,
            Health.Status.OK,
            inMemory == 0 ? "" : inMemory + " replaced bundles are still in memory"));
  }

  /** What an operator has chosen before the agent started. */
  private void begin() {
    guarded(
        () -> {
          for (JarFacts jar : installed.jars().values()) {
            Optional<Bundle> runs = platform.life().find(jar.name());
            boolean isIt =
                runs.filter(b -> BundleLife.file(b).equals(jar.file().toString())).isPresent();
            // An upgraded distribution has a newer one; going back to the old one brings this back.
            boolean isOutdated =
                runs.filter(b -> b.getVersion().compareTo(jar.version()) > 0).isPresent();
            if (!isIt && !isOutdated) {
              fail(jar.name(), jar.title() + " was installed and does not run");
            }
          }
          clean();
        });
  }

  private SwapRecord carryOut(Order order) throws InterruptedException, IOException {
    synchronized (failures) {
      failures.remove(order.jar().name());
    }
    Swap swap = new Swap(platform, installed, order);
    running = swap;
    SwapRecord record;
    try {
      record = swap.run();
    } finally {
      running = null;
    }
    history.add(record);
    String title = order.jar().title();
    switch (record.outcome()) {
      case ROLLED_BACK -> fail(order.jar().name(), title + " was rolled back: " + record.detail());
      case REFUSED -> LOG.warn("Bundle refused bundle={} reason={}", title, record.detail());
      default ->
          LOG.info(
              "Bundle {} bundle={} from={} millis={}",
              record.outcome(),
              title,
              record.from(),
              record.pauseMillis());
    }
    clean();
    // Its classes and what they held go now, and not when memory runs short: some 50 ms.
    System.gc();
    return record;
  }

  /** Refuses to remove what the agent cannot do without, and modes that pools need. */
  void checkRemovable(Bundle bundle) throws SwapException, InterruptedException {
    boolean isOptional =
        Promise.provides(bundle, RoutingMode.class) || Promise.provides(bundle, RouteSharing.class);
    if (isOfDistribution(bundle) && !isOptional) {
      throw new SwapException(
          Promise.title(bundle) + " is a part of the agent that it cannot do without");
    }
    Gatekeeper.checkUsers(bundle);
    List<ModeState> all = platform.modes().states();
    for (ModeState mode : all) {
      boolean isIts = mode.provider().id() == bundle.getBundleId() && mode.isActive();
      boolean hasOther = all.stream().anyMatch(m -> m.mode().equals(mode.mode()) && !m.isActive());
      if (isIts && !hasOther && !mode.pools().isEmpty()) {
        throw new SwapException(
            "mode " + mode.mode() + " is in use by pool " + String.join(", ", mode.pools()));
      }
    }
  }

  private String remove(Bundle bundle) throws SwapException, InterruptedException, IOException {
    checkRemovable(bundle);
    Set<Thread> threads = Leftovers.threadsOf(bundle);
    platform.life().stop(bundle);
    installed.remove(bundle.getSymbolicName(), isOfDistribution(bundle));
    platform.retired().add(bundle);
    Optional<String> held = platform.life().remove(bundle);
    Set<String> alive = Leftovers.alive(threads);
    List<String> remarks = new ArrayList<>(held.stream().toList());
    if (!alive.isEmpty()) {
      remarks.add("leaves threads behind: " + String.join(", ", alive));
    }
    return String.join("; ", remarks);
  }

  private boolean isOfDistribution(Bundle bundle) {
    return Path.of(BundleLife.file(bundle)).startsWith(home);
  }

  /** For the deploy folder: on the swap thread. */
  private SwapRecord deploy(JarFacts jar) throws SwapException, InterruptedException, IOException {
    Optional<Bundle> runs = platform.life().find(jar.name());
    if (runs.isPresent() && runs.get().getVersion().compareTo(jar.version()) > 0) {
      throw new SwapException(
          jar.title()
              + " is older than "
              + runs.get().getVersion()
              + ", which runs; see bundle:rollback");
    }
    boolean isKnown = runs.isPresent();
    Consumer<String> log = step -> LOG.info("Deploying file={}: {}", jar.file(), step);
    return carryOut(
        new Order(
            isKnown ? "swap" : "install",
            jar,
            Duration.ofSeconds(config.bakeSeconds()),
            false,
            false,
            log));
  }

  private void fail(String name, String problem) {
    LOG.error("{}", problem);
    synchronized (failures) {
      failures.put(name, problem);
    }
  }

  /** Jars that neither run nor can be gone back to. */
  private void clean() throws IOException {
    Set<String> needed = new HashSet<>();
    Map<String, SwapRecord> latest = new TreeMap<>();
    history.records().stream()
        .filter(r -> r.outcome() == SwapRecord.Outcome.DONE)
        .forEach(r -> latest.put(r.name(), r));
    latest.values().forEach(r -> needed.add(Path.of(r.fromFile()).getFileName().toString()));
    for (Bundle bundle : platform.context().getBundles()) {
      needed.add(Path.of(BundleLife.file(bundle)).getFileName().toString());
    }
    installed.clean(needed);
  }

  private interface Task {
    void run() throws Exception;
  }

  private interface Question<T> {
    T ask() throws Exception;
  }

  private <T> CompletableFuture<T> submit(Question<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    thread.execute(
        () -> {
          try {
            answer.complete(question.ask());
          } catch (Exception e) { // The top of the thread: whoever asked gets it.
            answer.completeExceptionally(e);
          }
        });
    return answer;
  }

  private static void guarded(Task task) {
    try {
      task.run();
    } catch (Exception e) { // The top of the thread, which goes on.
      LOG.error("Deployment failed", e);
    }
  }
}
