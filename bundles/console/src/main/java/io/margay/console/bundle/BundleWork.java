// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import io.margay.api.console.CommandException;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.startlevel.BundleStartLevel;
import org.osgi.framework.wiring.FrameworkWiring;

/**
 * Starts and stops bundles. What a bundle does then runs on a thread of its own, which may hang:
 * the operator gets the prompt back. Nothing of it is kept: the agent's next start starts them all.
 */
final class BundleWork {
  private static final long DEADLINE_SECONDS = 10;

  /** What a bundle may hang in or throw from. */
  private interface Step {
    void run() throws BundleException;
  }

  private BundleWork() {}

  /** Refuses what is not to run by itself. */
  static void checkStartable(Bundle bundle) throws CommandException {
    String name = Bundles.name(bundle);
    if (Bundles.isFragment(bundle)) {
      throw new CommandException(name + " is a part of another bundle and runs with it");
    }
    if (bundle.getState() != Bundle.ACTIVE && !isToRun(bundle)) {
      throw new CommandException(name + " is a library: others use its classes, it is not started");
    }
  }

  /** Refuses what nothing could be started again without. */
  static void checkStoppable(BundleContext context, Bundle bundle) throws CommandException {
    String name = Bundles.name(bundle);
    if (bundle.getBundleId() == 0) {
      throw new CommandException(name + " is the framework (expected: see system:shutdown)");
    }
    if (Bundles.isFragment(bundle)) {
      throw new CommandException(name + " is a part of another bundle and runs with it");
    }
    FrameworkWiring wiring = context.getBundle(0).adapt(FrameworkWiring.class);
    if (wiring.getDependencyClosure(List.of(bundle)).contains(context.getBundle())) {
      throw new CommandException(
          name + " is what this console runs on (expected: see bundle:swap and system:shutdown)");
    }
  }

  /** Whether somebody has started it, and so whether the agent's next start does. */
  static boolean isToRun(Bundle bundle) {
    BundleStartLevel level = bundle.adapt(BundleStartLevel.class);
    return level != null && level.isPersistentlyStarted();
  }

  static void start(Bundle bundle) throws CommandException, InterruptedException {
    run(bundle, "start", bundle::start);
  }

  /** Transient: that it is to run stays true. */
  static void stop(Bundle bundle) throws CommandException, InterruptedException {
    run(bundle, "stop", () -> bundle.stop(Bundle.STOP_TRANSIENT));
  }

  private static void run(Bundle bundle, String verb, Step step)
      throws CommandException, InterruptedException {
    String name = Bundles.name(bundle);
    FutureTask<Void> task =
        new FutureTask<>(
            () -> {
              step.run();
              return null;
            });
    Thread thread = new Thread(task, verb + "-" + name);
    thread.setDaemon(true);
    thread.start();
    try {
      task.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw new CommandException(
          name
              + " hangs in "
              + verb
              + " for more than "
              + DEADLINE_SECONDS
              + " s (see system:threads --stack "
              + thread.getName()
              + ")",
          e);
    } catch (ExecutionException e) {
      throw new CommandException(name + " fails in " + verb + ": " + reason(e.getCause()), e);
    }
  }

  private static String reason(Throwable failure) {
    Throwable deepest = failure;
    while (deepest.getCause() != null) {
      deepest = deepest.getCause();
    }
    return deepest instanceof BundleException ? deepest.getMessage() : deepest.toString();
  }
}
