// SPDX-License-Identifier: Apache-2.0
package io.margay.itests.swap;

import io.margay.api.health.Health;
import io.margay.api.health.HealthCheck;
import io.margay.api.mode.Info;
import io.margay.api.mode.LocalNode;
import io.margay.api.mode.ModeView;
import io.margay.api.mode.Plan;
import io.margay.api.mode.RoutingMode;
import io.margay.api.mode.Sending;
import io.margay.api.net.Cidr;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;

/** The mode of the bundle that it is put into, but for one thing that it does wrong. */
public final class RogueMode implements RoutingMode, HealthCheck {
  /** What it does wrong. */
  public enum Fault {
    FAIL_IN_CONSTRUCTOR,
    HANG_IN_CONSTRUCTOR,
    HANG_IN_INFO,
    FAIL_IN_PLAN,
    HANG_IN_PLAN,
    /** Once its plan is in force. */
    HANG_IN_LATER_PLAN,
    /** When it is asked how it is. */
    HANG_IN_HEALTH_CHECK,
    LEAVE_THREAD,
    OTHER_ROUTES
  }

  /** Entry of the jar with the name of the fault. */
  static final String FAULT = "fault";

  /** Entry of the jar with the name of the class that plans. */
  static final String MODE = "mode";

  private static final int OTHER_MTU_BYTES = 1400;

  private final Fault fault = Fault.valueOf(entry(FAULT));
  private final RoutingMode mode;
  private int plans;

  public RogueMode() throws ReflectiveOperationException {
    mode = (RoutingMode) Class.forName(entry(MODE)).getConstructor().newInstance();
    if (fault == Fault.FAIL_IN_CONSTRUCTOR) {
      throw new IllegalStateException("cannot be made");
    }
    hang(Fault.HANG_IN_CONSTRUCTOR);
    if (fault == Fault.LEAVE_THREAD) {
      Thread thread = new Thread(() -> hang(Fault.LEAVE_THREAD), "left-by-rogue");
      thread.setDaemon(true);
      thread.start();
    }
  }

  @Override
  public Info info() {
    hang(Fault.HANG_IN_INFO);
    return mode.info();
  }

  @Override
  public List<Health> check() {
    hang(Fault.HANG_IN_HEALTH_CHECK);
    return List.of();
  }

  @Override
  public Map<String, String> advertise(LocalNode self) {
    return mode.advertise(self);
  }

  @Override
  public Plan plan(ModeView view) {
    if (fault == Fault.FAIL_IN_PLAN) {
      throw new IllegalStateException("cannot plan");
    }
    hang(Fault.HANG_IN_PLAN);
    plans++;
    if (plans > 2) { // The first two are the rehearsal: with peers, and alone.
      hang(Fault.HANG_IN_LATER_PLAN);
    }
    Plan plan = mode.plan(view);
    return fault == Fault.OTHER_ROUTES ? withOtherMtu(plan) : plan;
  }

  private static Plan withOtherMtu(Plan plan) {
    Map<Cidr, Sending> sendings = new TreeMap<>(plan.sendings());
    sendings.replaceAll(
        (cidr, sending) ->
            new Sending(sending.route().withMtuBytes(OTHER_MTU_BYTES), sending.wire()));
    Plan changed = Plan.of(plan.standing(), sendings).withUnreachable(plan.unreachable());
    for (var wire : plan.receives()) {
      changed = changed.withReceives(wire);
    }
    for (var traffic : plan.hostTraffic()) {
      changed = changed.withHostTraffic(traffic);
    }
    return changed;
  }

  /** For ever, whoever interrupts it: the worst that a bundle can do. */
  private void hang(Fault when) {
    while (fault == when) {
      try {
        new CountDownLatch(1).await();
      } catch (InterruptedException e) {
        // As meant.
      }
    }
  }

  private static String entry(String name) {
    try (InputStream in = RogueMode.class.getResourceAsStream("/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
