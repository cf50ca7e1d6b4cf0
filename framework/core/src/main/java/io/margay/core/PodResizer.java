// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.IpFamily;
import io.margay.core.plan.Underlay;
import io.margay.core.view.EndpointEntry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives running pods the MTU that new ones get, in two steps with a pause in which the other nodes
 * come to the same point: first a pod takes the larger and sends the smaller of both sizes, then
 * all is as if it had been attached so. Confined to the agent thread; the work is done on the I/O
 * thread.
 *
 * <p>What a step left undone is in the kernel: after a start each pod is looked at once.
 */
final class PodResizer {
  private static final Logger LOG = LoggerFactory.getLogger(PodResizer.class);
  private static final Duration PAUSE = Duration.ofSeconds(5);
  private static final Duration RETRY = Duration.ofSeconds(60);
  private static final int IPV6_LEAST_MTU_BYTES = 1280;

  /** A pod whose MTU is ours to change, and what its link has. */
  private record Pod(EndpointEntry endpoint, int mtuBytes) {
    Workload workload(int wantedMtuBytes) {
      EndpointEntry.PodEnd inside = endpoint.podEnd().orElseThrow();
      return new Workload(
          endpoint.handle(),
          endpoint.link(),
          inside.namespace(),
          inside.link(),
          endpoint.addresses(),
          wantedMtuBytes,
          endpoint.mac());
    }
  }

  private final AgentThread agent;
  private final Executor io;
  private final Runnable onChange;

  private WorkloadPlumber plumber;
  private int wantedMtuBytes;
  private Map<String, Pod> pods = Map.of();

  /** Handles that have the first step to the wanted MTU behind them. */
  private final Set<String> prepared = new HashSet<>();

  /** Handles whose pods may still be limited in what they send; null before the first look. */
  private Set<String> open;

  private final Map<String, String> faults = new TreeMap<>();
  private boolean isWorking;

  /** Counts the pauses, so that only the end of the latest one counts; even: none lasts. */
  private int pauses;

  /**
   * A resizer without a plumber.
   *
   * @param onChange called on the agent thread when a fault came or went
   */
  PodResizer(AgentThread agent, Executor io, Runnable onChange) {
    this.agent = agent;
    this.io = io;
    this.onChange = onChange;
  }

  void bind(WorkloadPlumber service) {
    plumber = service;
    work();
  }

  void unbind(WorkloadPlumber service) {
    if (plumber == service) {
      plumber = null;
    }
  }

  /**
   * Says which MTU pods are to have.
   *
   * @param mtuBytes empty while the uplink is not known: then pods stay as they are
   * @param endpoints of this node, by handle
   */
  void want(OptionalInt mtuBytes, Map<String, EndpointEntry> endpoints, Underlay underlay) {
    if (mtuBytes.isEmpty()) {
      return;
    }
    pods = pods(endpoints, underlay);
    if (open == null) {
      open = new TreeSet<>(pods.keySet());
    }
    if (mtuBytes.getAsInt() != wantedMtuBytes) {
      wantedMtuBytes = mtuBytes.getAsInt();
      prepared.clear();
      faults.clear();
    }
    prepared.retainAll(pods.keySet());
    open.retainAll(pods.keySet());
    faults.keySet().retainAll(pods.keySet());
    work();
  }

  private static Map<String, Pod> pods(Map<String, EndpointEntry> endpoints, Underlay underlay) {
    Map<String, Integer> mtuByLink =
        underlay.links().stream()
            .collect(Collectors.toMap(Interface::name, Interface::mtuBytes, (a, b) -> a));
    Map<String, Pod> pods = new TreeMap<>();
    endpoints.forEach(
        (handle, endpoint) -> {
          Integer mtu = mtuByLink.get(endpoint.link());
          if (mtu != null && endpoint.podEnd().isPresent()) {
            pods.put(handle, new Pod(endpoint, mtu));
          }
        });
    return pods;
  }

  /** Which pods keep their MTU, and why, a sentence for each. */
  List<String> faults() {
    return List.copyOf(faults.values());
  }

  private void work() {
    if (isWorking || plumber == null || open == null) {
      return;
    }
    List<Pod> differing = pods.values().stream().filter(this::differs).toList();
    if (!differing.isEmpty()) {
      LOG.info("MTU of pods changes pods={} bytes={}", differing.size(), wantedMtuBytes);
      prepare(differing);
    } else if (!isPausing() && !open.isEmpty()) {
      finish(open.stream().map(pods::get).toList());
    }
  }

  private boolean differs(Pod pod) {
    String handle = pod.endpoint().handle();
    return pod.mtuBytes() != wantedMtuBytes
        && !prepared.contains(handle)
        && !faults.containsKey(handle);
  }

  /** The first step: nobody sends what somebody does not take. */
  private void prepare(List<Pod> differing) {
    int target = wantedMtuBytes;
    run(
        differing,
        (service, pod) ->
            service.resize(
                pod.workload(Math.max(target, pod.mtuBytes())), Math.min(target, pod.mtuBytes())),
        done -> {
          open.addAll(done);
          if (target == wantedMtuBytes) {
            prepared.addAll(done);
          }
          pause();
        });
  }

  /** The second step, when the other nodes have done the first. */
  private void finish(List<Pod> left) {
    int target = wantedMtuBytes;
    run(
        left,
        (service, pod) -> service.resize(pod.workload(target), target),
        done -> {
          if (target == wantedMtuBytes) {
            prepared.addAll(done);
            done.forEach(open::remove);
          }
        });
  }

  private void pause() {
    pauses += isPausing() ? 2 : 1;
    int mine = pauses;
    agent.after(
        PAUSE,
        () -> {
          if (mine == pauses) {
            pauses++;
            work();
          }
        });
  }

  private boolean isPausing() {
    return pauses % 2 == 1;
  }

  @FunctionalInterface
  private interface Step {
    void take(WorkloadPlumber service, Pod pod) throws DataplaneException;
  }

  @FunctionalInterface
  private interface Done {
    void accept(Set<String> handles);
  }

  private void run(List<Pod> which, Step step, Done done) {
    isWorking = true;
    WorkloadPlumber service = plumber;
    int target = wantedMtuBytes;
    io.execute(
        () -> {
          Set<String> succeeded = new HashSet<>();
          Map<String, String> failed = new HashMap<>();
          for (Pod pod : which) {
            String handle = pod.endpoint().handle();
            fault(service, step, pod, target)
                .ifPresentOrElse(why -> failed.put(handle, why), () -> succeeded.add(handle));
          }
          agent.execute(
              () -> {
                isWorking = false;
                done.accept(succeeded);
                failed(failed);
                work();
              });
        });
  }

  /** Takes the step; why it failed, in words. */
  private static Optional<String> fault(
      WorkloadPlumber service, Step step, Pod pod, int wantedMtuBytes) {
    boolean has6 =
        pod.endpoint().addresses().stream().anyMatch(a -> IpFamily.of(a) == IpFamily.IPV6);
    if (has6 && wantedMtuBytes < IPV6_LEAST_MTU_BYTES) {
      // The kernel takes IPv6 from a link that is too small for it.
      return Optional.of(
          "resize %s: mtu %d (expected: %d or more for IPv6)"
              .formatted(pod.endpoint().handle(), wantedMtuBytes, IPV6_LEAST_MTU_BYTES));
    }
    try {
      step.take(service, pod);
      return Optional.empty();
    } catch (DataplaneException e) {
      return Optional.of(e.getMessage());
    } catch (RuntimeException | LinkageError e) {
      // The bundle was stopped under our feet, or is broken.
      return Optional.of("resize " + pod.endpoint().handle() + " fails: " + e);
    }
  }

  private void failed(Map<String, String> failed) {
    failed.keySet().retainAll(pods.keySet());
    if (failed.isEmpty()) {
      return;
    }
    LOG.warn(
        "Pods keep their MTU, trying again pods={} seconds={} reason={}",
        failed.size(),
        RETRY.toSeconds(),
        failed.values().iterator().next());
    faults.putAll(failed);
    open.removeAll(failed.keySet());
    agent.after(
        RETRY,
        () -> {
          open.addAll(failed.keySet());
          open.retainAll(pods.keySet());
          faults.keySet().removeAll(failed.keySet());
          onChange.run();
          work();
        });
    onChange.run();
  }
}
