// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.ipam.WorkloadWitness;
import io.margay.api.ipam.WorkloadWitness.Testimony;
import io.margay.api.ipam.WorkloadWitness.Word;
import io.margay.api.node.NodeProperties;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Filter;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the {@link Reconciler} of this node on a thread of its own. */
@Component(
    service = {HealthCheck.class, AddressKeeper.class},
    immediate = true,
    configurationPid = "io.margay.ipam.reconciler")
@Designate(ocd = AddressKeeper.Config.class)
public final class AddressKeeper implements HealthCheck {
  private static final Logger LOG = LoggerFactory.getLogger(AddressKeeper.class);
  private static final long SOON_MILLIS = 1_000;

  /** When what is left behind is taken back. */
  @ObjectClassDefinition(name = "Address reconciler")
  public @interface Config {
    @AttributeDefinition(
        description = "How often to look at what this node holds, in seconds",
        min = "1",
        max = "3600")
    int intervalSeconds() default 60;

    @AttributeDefinition(
        description =
            "How long a pod must be without its link, when the runtime does not say that it is"
                + " gone; a block be empty; and a node be deleted, before their addresses go"
                + " back, in seconds",
        min = "1",
        max = "86400")
    int graceSeconds() default 900;
  }

  private final Mirror<WorkloadEndpoint> endpoints;
  private final String node;
  private final BlockIpam ipam;
  private final Reconciler reconciler;
  private final long intervalMillis;
  private final AtomicReference<WorkloadPlumber> plumber = new AtomicReference<>();
  private final List<WorkloadWitness> witnesses = new CopyOnWriteArrayList<>();
  private final ScheduledExecutorService thread;

  @Activate
  public AddressKeeper(
      BundleContext context, @Reference Store store, @Reference BlockIpam ipam, Config config) {
    this.ipam = ipam;
    node = context.getProperty(NodeProperties.NODE);
    intervalMillis = TimeUnit.SECONDS.toMillis(config.intervalSeconds());
    endpoints =
        new Mirror<>(
            store,
            WorkloadEndpoint.KIND,
            new Filter(node.replace("-", "--") + "-"),
            WorkloadEndpoint::parse);
    reconciler =
        new Reconciler(
            node,
            ipam,
            this::local,
            this::lastWord,
            new Reconciler.Timing(
                Duration.ofSeconds(config.intervalSeconds()),
                Duration.ofSeconds(config.graceSeconds())),
            System::nanoTime);
    thread =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread daemon = new Thread(task, "ipam-reconciler");
              daemon.setDaemon(true);
              return daemon;
            });
    thread.schedule(this::pass, Math.min(SOON_MILLIS * 5, intervalMillis), TimeUnit.MILLISECONDS);
  }

  @Deactivate
  void deactivate() throws InterruptedException {
    thread.shutdownNow();
    thread.awaitTermination(5, TimeUnit.SECONDS);
    endpoints.close();
    ipam.refuse(Optional.empty());
  }

  @Reference(
      cardinality = ReferenceCardinality.OPTIONAL,
      policy = ReferencePolicy.DYNAMIC,
      policyOption = ReferencePolicyOption.GREEDY)
  void bindPlumber(WorkloadPlumber service) {
    plumber.set(service);
  }

  void unbindPlumber(WorkloadPlumber service) {
    plumber.compareAndSet(service, null);
  }

  @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
  void bindWitness(WorkloadWitness service) {
    witnesses.add(service);
  }

  void unbindWitness(WorkloadWitness service) {
    witnesses.remove(service);
  }

  @Override
  public List<Health> check() {
    return List.of(reconciler.health());
  }

  String node() {
    return node;
  }

  /**
   * What the whole cluster holds and this node's kernel has that is not as it should be. What is in
   * motion is left out: a finding must be the same in two looks, and no call be under way about it.
   */
  List<Finding> findings() throws StoreException, InterruptedException {
    List<Finding> first = Audit.of(ipam.snapshots(node).whole(links()));
    if (first.isEmpty()) {
      return List.of();
    }
    Thread.sleep(SOON_MILLIS);
    List<Finding> second = Audit.of(ipam.snapshots(node).whole(links()));
    return second.stream()
        .filter(first::contains)
        .filter(finding -> word(finding).filter(Word.UNDER_WAY::equals).isEmpty())
        .toList();
  }

  /** Links of this node's workloads, by handle; empty when nobody can read the kernel now. */
  Optional<Map<String, String>> links() {
    WorkloadPlumber service = plumber.get();
    if (service == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(service.attached());
    } catch (DataplaneException e) {
      LOG.warn("Links of workloads cannot be read reason={}", e.getMessage());
      return Optional.empty();
    }
  }

  /** What the runtime says about a workload without its link. */
  Optional<Word> word(Finding finding) {
    return finding
        .fix()
        .filter(fix -> fix instanceof Fix.Release)
        .map(fix -> (Fix.Release) fix)
        .flatMap(release -> lastWord(release.network(), release.handle()))
        .map(Testimony::word);
  }

  /** The latest of what witnesses say; of two during a swap of bundles. */
  private Optional<Testimony> lastWord(String network, String handle) {
    return witnesses.stream()
        .flatMap(witness -> witness.lastWord(network, handle).stream())
        .reduce((a, b) -> a.atNanos() - b.atNanos() > 0 ? a : b);
  }

  private List<Held<WorkloadEndpoint>> local() {
    return endpoints.all();
  }

  private void pass() {
    boolean again = false;
    try {
      boolean isSynced = endpoints.awaitSynced(0) && ipam.view().awaitSynced(0).isEmpty();
      again = isSynced && reconciler.pass(links());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    } catch (StoreException e) {
      LOG.warn("Addresses not looked at, trying again reason={}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.error("Addresses not looked at", e);
    }
    try {
      long delay = again ? Math.min(SOON_MILLIS, intervalMillis) : intervalMillis;
      thread.schedule(this::pass, delay, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("Stopped", e);
    }
  }
}
