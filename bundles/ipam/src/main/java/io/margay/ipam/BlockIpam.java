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
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
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
@Component(configurationPid = "io.margay.ipam")
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

  private final StoreView view;
  private final Finder finder;
  private final Worker worker;
  private final PoolHealth health;

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
    return await(new AssignJob(request, alsoWrite, finder));
  }

  @Override
  public int release(String handle, List<Write> alsoWrite) throws IpamException {
    return await(new ReleaseJob(handle, Optional.empty(), alsoWrite, finder));
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
