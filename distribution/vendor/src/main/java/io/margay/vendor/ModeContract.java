// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.margay.api.dataplane.Grant;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.testkit.RoutingModeContract;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * The contract of all modes, for one that comes in a jar and is held to what its bundle declares.
 */
public final class ModeContract extends RoutingModeContract {
  /** A mode that hangs fails one check, and does not keep the others from being told. */
  private static final String PATIENCE = "30 s";

  private static volatile Supplier<RoutingMode> modes;
  private static volatile Grant granted;

  @Override
  protected RoutingMode mode() {
    return modes.get();
  }

  /**
   * Nodes leave out what the bundle may not own, and refuse a plan whose routes it may not have.
   */
  @Test
  final void ownsWhatItsBundleMayOwn() {
    Grant grant = granted;
    Plan plan = mode().plan(view());

    Stream<Optional<String>> objects = plan.standing().stream().map(grant::refusal);
    Stream<Optional<String>> routes =
        plan.sendings().values().stream().map(s -> grant.refusal(s.route()));
    Stream<Optional<String>> traffic =
        plan.hostTraffic().stream().map(t -> grant.refusalOfTraffic(t.ipProtocol(), t.udpPort()));
    List<String> refusals =
        Stream.of(objects, routes, traffic)
            .flatMap(s -> s)
            .flatMap(Optional::stream)
            .distinct()
            .toList();
    assertEquals(List.of(), refusals);
  }

  /** What the mode does of the contract, a finding for each clause of it. One at a time. */
  static List<Finding> check(Supplier<RoutingMode> mode, Grant grant) {
    modes = mode;
    granted = grant;
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request()
            .selectors(DiscoverySelectors.selectClass(ModeContract.class))
            .configurationParameter("junit.jupiter.execution.timeout.default", PATIENCE)
            .configurationParameter(
                "junit.jupiter.execution.timeout.thread.mode.default", "SEPARATE_THREAD")
            .build();
    List<Finding> findings = new ArrayList<>();
    LauncherFactory.create()
        .execute(
            request,
            new TestExecutionListener() {
              @Override
              public void executionFinished(TestIdentifier test, TestExecutionResult result) {
                if (test.isTest()) {
                  findings.add(finding(test, result));
                }
              }
            });
    return findings;
  }

  private static Finding finding(TestIdentifier test, TestExecutionResult result) {
    Optional<Throwable> failure = result.getThrowable();
    return new Finding(words(test.getDisplayName()), failure.map(Throwable::toString), "");
  }

  /** The name of a method as a sentence: plansTheSameTwice() plans the same twice. */
  static String words(String method) {
    return method.replaceAll("\\(.*", "").replaceAll("([A-Z])", " $1").toLowerCase();
  }
}
