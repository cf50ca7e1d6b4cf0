// SPDX-License-Identifier: Apache-2.0
package io.margay.metrics;

import io.margay.api.health.MetricSource;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.Usage;
import io.margay.api.node.NodeAgent;
import io.margay.api.store.StoreException;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How full the pools are, and the blocks of this node. */
@Component
public final class PoolMetrics implements MetricSource {
  private static final Logger LOG = LoggerFactory.getLogger(PoolMetrics.class);

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile Ipam ipam;

  @Reference(cardinality = ReferenceCardinality.OPTIONAL, policy = ReferencePolicy.DYNAMIC)
  private volatile NodeAgent agent;

  @Activate
  public PoolMetrics() {}

  @Override
  public void emit(Sink sink) {
    Ipam source = ipam;
    NodeAgent self = agent;
    if (source == null || self == null) {
      return;
    }
    try {
      for (Usage.PoolUsage pool : source.usage().pools()) {
        emit(sink, pool, self.nodeName());
      }
    } catch (StoreException e) {
      LOG.debug("Metrics of pools left out: the store cannot be read, as health says", e);
    }
    sink.gauge("margay_ipam_refusing", Map.of(), source.refusal().isPresent() ? 1 : 0);
  }

  private static void emit(Sink sink, Usage.PoolUsage pool, String node) {
    Map<String, String> label = Map.of("pool", pool.pool());
    int ownSize = 0;
    int ownUsed = 0;
    int own = 0;
    for (Usage.BlockUsage block : pool.blocks()) {
      if (block.node().equals(Optional.of(node))) {
        own++;
        ownSize += block.size();
        ownUsed += block.inUse();
      }
    }
    sink.gauge("margay_pool_addresses", label, pool.size().doubleValue());
    sink.gauge("margay_pool_addresses_used", label, pool.inUse());
    sink.gauge("margay_pool_blocks", label, pool.blocks().size());
    sink.gauge("margay_pool_own_blocks", label, own);
    sink.gauge("margay_pool_own_addresses", label, ownSize);
    sink.gauge("margay_pool_own_addresses_used", label, ownUsed);
  }
}
