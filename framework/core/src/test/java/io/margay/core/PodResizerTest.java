// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.ActualState.Interface;
import io.margay.api.dataplane.DataplaneException;
import io.margay.api.dataplane.HostLink;
import io.margay.api.dataplane.Workload;
import io.margay.api.dataplane.WorkloadPlumber;
import io.margay.api.net.Ip;
import io.margay.core.plan.Underlay;
import io.margay.core.view.EndpointEntry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PodResizerTest {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final ManualAgent agent = new ManualAgent();
  private final PodResizer resizer = new PodResizer(agent, agent.io(), () -> {});
  private final Map<String, EndpointEntry> endpoints = new TreeMap<>();
  private final Map<String, Integer> mtus = new TreeMap<>();

  /** What the plumber was told: {@code HANDLE LINK-MTU SEND-MTU}. */
  private final List<String> calls = new ArrayList<>();

  private Optional<String> refusal = Optional.empty();

  private final class Plumber implements WorkloadPlumber {
    @Override
    public void resize(Workload workload, int sendMtuBytes) throws DataplaneException {
      if (refusal.isPresent()) {
        throw new DataplaneException(workload.handle() + ": " + refusal.get(), refusal.get());
      }
      calls.add(workload.handle() + " " + workload.mtuBytes() + " " + sendMtuBytes);
      mtus.put(workload.hostLink(), workload.mtuBytes());
    }

    @Override
    public HostLink attach(Workload workload) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void detach(String handle) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void check(Workload workload, int podMtuBytes) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<String, String> attached() {
      throw new UnsupportedOperationException();
    }
  }

  @BeforeEach
  void twoPods() {
    add("a", "10.65.0.1", true);
    add("b", "10.65.0.2", true);
    resizer.bind(new Plumber());
  }

  @Test
  void looksOnceAtEachPodAfterAStart() {
    want(1450);
    want(1450);

    assertCalls("a 1450 1450", "b 1450 1450");
  }

  @Test
  void shrinksWhatPodsSendAPauseBeforeTheirLinks() {
    started();

    want(1400);
    assertCalls("a 1450 1400", "b 1450 1400");
    agent.pass(PAUSE.minusNanos(1));
    assertCalls();
    agent.pass(Duration.ofNanos(1));
    assertCalls("a 1400 1400", "b 1400 1400");
    want(1400);
    agent.pass(PAUSE);
    assertCalls();
  }

  @Test
  void growsLinksAPauseBeforeWhatPodsSend() {
    started();

    want(8950);
    assertCalls("a 8950 1450", "b 8950 1450");
    agent.pass(PAUSE);
    assertCalls("a 8950 8950", "b 8950 8950");
  }

  @Test
  void startsAgainWhenItChangesInThePause() {
    started();
    want(1400);
    agent.pass(PAUSE.dividedBy(2));
    calls.clear();

    want(1300);
    assertCalls("a 1450 1300", "b 1450 1300");
    agent.pass(PAUSE.minusNanos(1));
    assertCalls();
    agent.pass(Duration.ofNanos(1));
    assertCalls("a 1300 1300", "b 1300 1300");
  }

  @Test
  void goesBackWhenItChangesBackInThePause() {
    started();
    want(1400);
    calls.clear();

    want(1450);
    agent.pass(PAUSE);
    assertCalls("a 1450 1450", "b 1450 1450");
  }

  @Test
  void resizesAPodThatWasAddedWithTheOldMtu() {
    started();
    add("c", "10.65.0.3", true);
    mtus.put("calic", 1400);

    want(1450);
    agent.pass(PAUSE);

    assertCalls("c 1450 1400", "c 1450 1450");
  }

  @Test
  void leavesAPodAloneWhoseMtuIsGiven() {
    started();
    add("c", "10.65.0.3", false);
    mtus.put("calic", 1200);

    want(1450);

    assertCalls();
  }

  @Test
  void leavesPodsAloneWhileTheUplinkIsNotKnown() {
    resizer.want(OptionalInt.empty(), endpoints, underlay());
    agent.runAll();

    assertCalls();
  }

  @Test
  void namesThePodThatKeepsItsMtuAndTriesAgain() {
    started();
    refusal = Optional.of("ENOENT");

    want(1400);
    assertEquals(List.of("a: ENOENT", "b: ENOENT"), resizer.faults());
    refusal = Optional.empty();
    agent.pass(Duration.ofSeconds(60).plus(PAUSE));

    assertEquals(List.of(), resizer.faults());
    assertCalls("a 1450 1400", "b 1450 1400", "a 1400 1400", "b 1400 1400");
  }

  @Test
  void forgetsThePodThatHasGone() {
    started();
    refusal = Optional.of("ENOENT");
    want(1400);

    endpoints.remove("a");
    want(1400);

    assertEquals(List.of("b: ENOENT"), resizer.faults());
  }

  @Test
  void keepsIpv6FromLosingItsLink() {
    started();
    add("c", "fd00:65::3", true);

    want(1270);

    assertEquals(List.of("resize c: mtu 1270 (expected: 1280 or more for IPv6)"), resizer.faults());
  }

  private void started() {
    want(1450);
    calls.clear();
  }

  private void want(int mtuBytes) {
    resizer.want(OptionalInt.of(mtuBytes), Map.copyOf(endpoints), underlay());
    agent.runAll();
  }

  private void add(String handle, String address, boolean follows) {
    endpoints.put(
        handle,
        new EndpointEntry(
            handle,
            "cali" + handle,
            Optional.empty(),
            List.of(Ip.parse(address)),
            follows
                ? Optional.of(new EndpointEntry.PodEnd(Path.of("/run/netns", handle), "eth0"))
                : Optional.empty()));
    mtus.put("cali" + handle, 1450);
  }

  private Underlay underlay() {
    List<Interface> links = new ArrayList<>();
    mtus.forEach(
        (name, mtu) ->
            links.add(new Interface(1, name, "veth", "", Optional.empty(), mtu, true, List.of())));
    return new Underlay(links, Set.of(), Map.of(), Set.of(), Map.of());
  }

  private void assertCalls(String... expected) {
    assertEquals(List.of(expected), calls);
    calls.clear();
  }
}
