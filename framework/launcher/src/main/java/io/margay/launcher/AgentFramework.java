// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import io.margay.launcher.InstalledBundles.Choice;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.felix.framework.FrameworkFactory;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.FrameworkEvent;
import org.osgi.framework.launch.Framework;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The OSGi framework with the bundles of the distribution in it. */
final class AgentFramework {
  private static final Logger LOG = LoggerFactory.getLogger(AgentFramework.class);
  private static final long STOP_DEADLINE_MILLIS = TimeUnit.SECONDS.toMillis(10);

  /**
   * The console uses the classes of Gogo's bundles. Their activators would open a terminal on stdin
   * of the agent, and replace System.out, so that log lines go to the operator.
   */
  private static final String NOT_STARTED = "org.apache.felix.gogo.";

  private final Framework framework;

  AgentFramework(Map<String, String> properties) {
    Map<String, Object> configuration = new HashMap<>(properties);
    configuration.put("felix.log.logger", new FrameworkLog());
    this.framework = new FrameworkFactory().newFramework(configuration);
  }

  /** Installs and starts the bundles in the order given. */
  void start(List<Choice> bundles) throws Refusal {
    try {
      framework.init();
      Map<Choice, Bundle> installed = install(framework.getBundleContext(), bundles);
      framework.start();
      for (Map.Entry<Choice, Bundle> entry : installed.entrySet()) {
        Bundle bundle = entry.getValue();
        if (bundle.getHeaders().get(Constants.FRAGMENT_HOST) == null
            && !bundle.getSymbolicName().startsWith(NOT_STARTED)) {
          start(bundle, entry.getKey());
        }
      }
    } catch (BundleException e) {
      throw new Refusal(Refusal.SOFTWARE, "bundle does not start: " + e.getMessage(), e);
    }
  }

  /** What an operator has installed must not keep the agent from starting. */
  private void start(Bundle bundle, Choice choice) throws BundleException {
    try {
      bundle.start();
    } catch (BundleException e) {
      if (choice.isOfDistribution()) {
        throw e;
      }
      LOG.error("Installed bundle does not start bundle={}", choice.file(), e);
      bundle.uninstall();
      if (choice.instead().isPresent()) {
        BundleContext context = framework.getBundleContext();
        context.installBundle(location(choice.instead().get())).start();
      }
    }
  }

  private static Map<Choice, Bundle> install(BundleContext context, List<Choice> bundles)
      throws BundleException {
    Map<Choice, Bundle> installed = new LinkedHashMap<>();
    for (Choice choice : bundles) {
      installed.put(choice, context.installBundle(location(choice.file())));
    }
    return installed;
  }

  /** By reference: the framework reads the jar where it is and copies nothing. */
  private static String location(Path file) {
    return "reference:" + file.toUri();
  }

  /** Blocks until somebody stops the framework. */
  void awaitStop() throws InterruptedException {
    framework.waitForStop(0);
  }

  /**
   * Stops all bundles. What they put into the kernel stays there.
   *
   * @return whether everything stopped before the deadline
   */
  boolean stop() {
    try {
      framework.stop();
      if (framework.waitForStop(STOP_DEADLINE_MILLIS).getType() != FrameworkEvent.WAIT_TIMEDOUT) {
        return true;
      }
      LOG.error("Bundles still stopping after {} ms, leaving", STOP_DEADLINE_MILLIS);
    } catch (BundleException e) {
      LOG.error("Framework does not stop", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }
}
