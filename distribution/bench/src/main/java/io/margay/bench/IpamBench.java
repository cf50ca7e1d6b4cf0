// SPDX-License-Identifier: Apache-2.0
package io.margay.bench;

import io.margay.api.ipam.AddressRequest;
import io.margay.api.ipam.AddressRequest.Use;
import io.margay.api.ipam.Assignment;
import io.margay.api.ipam.Ipam;
import io.margay.api.ipam.IpamException;
import io.margay.api.net.Cidr;
import io.margay.api.net.IpFamily;
import io.margay.api.resource.IpamBlock;
import io.margay.api.resource.IpamHandle;
import io.margay.api.resource.WorkloadEndpoint;
import io.margay.api.store.Entry;
import io.margay.api.store.Expected;
import io.margay.api.store.Store;
import io.margay.api.store.StoreException;
import io.margay.api.store.Write;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.ServiceReference;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures address assignment in an agent that has nothing but a store and IPAM.
 *
 * <p>Framework properties: {@code margay.node}; {@code margay.bench.ipam}, what to do, below;
 * {@code margay.bench.result}, the file to write.
 *
 * <ul>
 *   <li>{@code fill NODES}: writes a cluster of so many nodes, and nothing to the file.
 *   <li>{@code time}: a line of milliseconds and CPU milliseconds of an assignment.
 *   <li>{@code memory}: bytes of heap in use once IPAM has read the cluster.
 *   <li>{@code churn PODS}: what {@link IpamChurn} writes.
 *   <li>{@code check}: how many addresses, handles and endpoints there are.
 * </ul>
 */
@Component(service = IpamBench.class, immediate = true)
public final class IpamBench {
  private static final Logger LOG = LoggerFactory.getLogger(IpamBench.class);
  private static final int WARM_UP = 20;
  private static final int SAMPLES = 20;

  /** Assigned, then released, so many at a time: more than half a block. */
  private static final int PODS = 40;

  private final Store store;
  private final BundleContext context;

  /** Starts what the properties say; the agent stops when it is done. */
  @Activate
  public IpamBench(@Reference Store store, BundleContext context) {
    this.store = store;
    this.context = context;
    String what = context.getProperty("margay.bench.ipam");
    if (what != null) {
      new Thread(() -> run(List.of(what.split(" "))), "bench").start();
    }
  }

  private void run(List<String> words) {
    try {
      List<String> lines =
          switch (words.get(0)) {
            case "fill" -> fill(Integer.parseInt(words.get(1)));
            case "time" -> time();
            case "memory" -> List.of(Long.toString(memory()));
            case "churn" -> new IpamChurn(ipam(), node()).run(Integer.parseInt(words.get(1)));
            case "check" -> List.of(Long.toString(leftOver()));
            default -> throw new IllegalArgumentException("margay.bench.ipam: " + words);
          };
      Files.write(Path.of(context.getProperty("margay.bench.result")), lines);
    } catch (IOException
        | StoreException
        | IpamException
        | ExecutionException
        | IllegalArgumentException e) {
      LOG.error("Bench failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    stopAgent();
  }

  private List<String> fill(int nodes) throws StoreException {
    new IpamCluster(store).write(nodes);
    return List.of();
  }

  /** Of a node that is new, so that it claims a block at first. */
  private List<String> time() throws IpamException, IOException, InterruptedException {
    Ipam ipam = ipam();
    double[] millis = new double[SAMPLES];
    double[] cpuMillis = new double[SAMPLES];
    for (int sample = -WARM_UP; sample < SAMPLES; sample++) {
      CpuTime cpu = CpuTime.now();
      long began = System.nanoTime();
      for (int pod = 0; pod < PODS; pod++) {
        assign(ipam, node(), "bench." + pod);
      }
      if (sample >= 0) {
        millis[sample] = (System.nanoTime() - began) / 1e6 / PODS;
        cpuMillis[sample] = CpuTime.now().secondsSince(cpu) * 1000 / PODS;
      }
      for (int pod = 0; pod < PODS; pod++) {
        release(ipam, "bench." + pod);
      }
    }
    Arrays.sort(millis);
    Arrays.sort(cpuMillis);
    return List.of(millis[SAMPLES / 2] + " " + cpuMillis[SAMPLES / 2]);
  }

  private long memory() throws IpamException, InterruptedException {
    assign(ipam(), node(), "bench.0"); // Waits until all is read.
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(200); // The watch loop drops what it has delivered.
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private long leftOver() throws StoreException {
    long left = store.list(IpamHandle.KIND).entries().size();
    left += store.list(WorkloadEndpoint.KIND).entries().size();
    for (Entry entry : store.list(IpamBlock.KIND).entries()) {
      IpamBlock block = IpamCluster.block(entry);
      left += block.size() - block.freeCount();
    }
    return left;
  }

  /** As an ADD does: the endpoint is in the same write. */
  static Assignment assign(Ipam ipam, String node, String handle) throws IpamException {
    AddressRequest request =
        new AddressRequest(
            handle,
            node,
            Use.WORKLOAD,
            Set.of(IpFamily.IPV4),
            List.of(),
            List.of(),
            Map.of(),
            Map.of("namespace", "default", "pod", handle));
    WorkloadEndpoint endpoint = IpamCluster.endpoint(node, handle);
    return ipam.assign(
        request,
        found -> {
          WorkloadEndpoint addressed =
              endpoint.withIpNetworks(
                  found.addresses().stream().map(a -> Cidr.host(a.address())).toList());
          return List.of(Write.put(endpoint.key(), addressed.toJson(), Expected.ANY));
        });
  }

  static void release(Ipam ipam, String node, String handle) throws IpamException {
    ipam.release(
        handle, List.of(Write.delete(IpamCluster.endpoint(node, handle).key(), Expected.ANY)));
  }

  private void release(Ipam ipam, String handle) throws IpamException {
    release(ipam, node(), handle);
  }

  /** Not a reference: an agent that fills a store needs none. */
  private Ipam ipam() throws InterruptedException {
    ServiceReference<Ipam> reference = context.getServiceReference(Ipam.class);
    while (reference == null) {
      Thread.sleep(10);
      reference = context.getServiceReference(Ipam.class);
    }
    return context.getService(reference);
  }

  private String node() {
    return context.getProperty("margay.node");
  }

  private void stopAgent() {
    try {
      context.getBundle(0).stop();
    } catch (BundleException e) {
      LOG.error("Agent does not stop", e);
    }
  }
}
