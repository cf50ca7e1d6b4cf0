// SPDX-License-Identifier: Apache-2.0
package io.margay.ipam;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.ipam.IpamException.Reason;
import io.margay.api.ipam.Usage;
import io.margay.api.net.Cidr;
import io.margay.api.resource.IpamBlock;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.function.Predicate;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Assigns addresses by Calico's protocol: pools are cut into blocks, nodes claim blocks, handles
 * hold addresses. All state is in the store; each document is changed by compare-and-set.
 */
@Component(
    service = {Ipam.class, HealthCheck.class, BlockIpam.class},
    configurationPid = "io.margay.ipam")
@Designate(ocd = BlockIpam.Config.class)
public final class BlockIpam implements Ipam, HealthCheck {
  private static final long SYNC_MILLIS = 10_000;

  /** Configuration of address assignment: what health says. */
  @ObjectClassDefinition(name = "Address assignment")
  public @interface Config {
    @AttributeDefinition(
        description = "Health is degraded when this much of a pool is in use, in percent",
        min = "1",
        max = "100")
    int poolWarnPercent() default 85;

    @AttributeDefinition(
        description =
            "Health is degraded when a node may claim no more blocks and this much of its blocks"
                + " is in use, in percent",
        min = "1",
        max = "100")
    int nodeWarnPercent() default 85;
  }

  private final Store store;
  private final Clock clock;
  private final StoreView view;
  private final Finder finder;
  private final Worker worker;
  private final PoolHealth health;
  private volatile Optional<String> refusal = Optional.empty();

  @Activate
  public BlockIpam(@Reference Store store, Config config) {
    this(
        store,
        Clock.systemUTC(),
        new PoolHealth(config.poolWarnPercent(), config.nodeWarnPercent()));
  }

  /** Warns of pools only when they are full. */
  public BlockIpam(Store store, Clock clock) {
    this(store, clock, new PoolHealth(100, 100));
  }

  private BlockIpam(Store store, Clock clock, PoolHealth health) {
    this.store = store;
    this.clock = clock;
    this.health = health;
    this.view = new StoreView(store);
    this.finder = new Finder(store, view, clock);
    this.worker = new Worker(finder);
  }

  @Deactivate
  public void close() {
    worker.close();
    view.close();
  }

  @Override
  public Assignment assign(AddressRequest request, Function<Assignment, List<Write>> alsoWrite)
      throws IpamException {
    Optional<String> refused = refusal;
    if (refused.isPresent() && request.use() == AddressRequest.Use.WORKLOAD) {
      throw new IpamException(Reason.NODE_LOST, refused.get());
    }
    return await(new AssignJob(request, alsoWrite, finder));
  }

  @Override
  public int release(String handle, List<Write> alsoWrite) throws IpamException {
    return await(new ReleaseJob(handle, ReleaseJob.Selection.ALL, Set.of(), alsoWrite, finder));
  }

  @Override
  public Optional<String> refusal() {
    return refusal;
  }

  @Override
  public Freed free(String deletedNode) throws IpamException {
    return new DeletedNode(store, this, deletedNode).free();
  }

  /** Says why workloads get no address from now on; or empties that. */
  void refuse(Optional<String> why) {
    refusal = why;
  }

  StoreView view() {
    return view;
  }

  /** Reads snapshots for a node. */
  SnapshotReader snapshots(String node) {
    return new SnapshotReader(store, view, clock, node);
  }

  /** Repairs findings on a node. */
  Repairs repairs(String node) {
    return new Repairs(store, this, node);
  }

  /** Gives an address to a workload again that uses it, even while others get none. */
  void reassign(AddressRequest request) throws IpamException {
    await(new AssignJob(request, assignment -> List.of(), finder));
  }

  /** Releases some of what a handle holds, in these blocks and in those that it counts. */
  int release(
      String handle, ReleaseJob.Selection selection, Set<Cidr> blocks, List<Write> alsoWrite)
      throws IpamException {
    return await(new ReleaseJob(handle, selection, blocks, alsoWrite, finder));
  }

  /** Whether nobody holds any address of a block, nor did a moment ago. */
  boolean isEmpty(IpamBlock block) {
    return finder.cooled(block).isEmpty();
  }

  /** As {@link Claims#giveBack}. */
  boolean giveBack(String node, Cidr block, Predicate<IpamBlock> isFree, boolean leavesRest)
      throws IpamException {
    return await(
        new BlockJob(block, finder, f -> f.claims().giveBack(node, block, isFree, leavesRest)));
  }

  /** As {@link Claims#claim}. */
  boolean claim(String node, Cidr block) throws IpamException {
    return await(new BlockJob(block, finder, f -> f.claims().claim(node, block)));
  }

  @Override
  public Usage usage() throws StoreException {
    try {
      Optional<String> missing = view.awaitSynced(SYNC_MILLIS);
      if (missing.isPresent()) {
        throw new StoreException(missing.get() + " could not be read yet");
      }
      return UsageReader.read(view);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException("interrupted", e);
    }
  }

  @Override
  public List<Health> check() {
    return List.of(health.check(view));
  }

  private <T> T await(Job<T> job) throws IpamException {
    try {
      Optional<String> missing = view.awaitSynced(SYNC_MILLIS);
      if (missing.isPresent()) {
        throw new IpamException(
            Reason.STORE, job.handleId() + ": " + missing.get() + " could not be read yet");
      }
      worker.submit(job);
      return job.result().get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      // The job may be served all the same: its handle then leads to what it got.
      throw new IpamException(Reason.STORE, job.handleId() + ": interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IpamException cause) {
        // A fresh one, so that its stack trace is the caller's.
        throw new IpamException(cause.reason(), cause.getMessage(), cause);
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
