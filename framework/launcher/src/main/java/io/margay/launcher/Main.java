// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import io.margay.api.node.NodeProperties;
import io.margay.launcher.InstalledBundles.Choice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The agent's process: checks what can be checked before anything runs, then starts the bundles.
 *
 * <p>Order matters. Command line, rights, state directory, bundles, configuration: the first that
 * is wrong ends the process with a message and its own exit code, and nothing was touched.
 */
public final class Main {
  private static final int UNCLEAN_STOP = 1;

  private static volatile int exitCode;

  private Main() {}

  /** Runs until SIGTERM or until the framework is stopped. */
  public static void main(String[] args) throws InterruptedException, IOException {
    Path home = Path.of(System.getProperty("margay.home", ".")).toAbsolutePath().normalize();
    if (List.of(args).contains("--help")) {
      System.out.print(Options.USAGE);
      return;
    }
    try {
      Options options = Options.parse(List.of(args));
      Privileges.check();
      AgentLock lock = AgentLock.take(options.state());
      try {
        run(home, options);
      } finally {
        lock.close();
      }
    } catch (Refusal refusal) {
      refusal.getMessage().lines().forEach(line -> System.err.println("margay: " + line));
      exitCode = refusal.exitCode();
    }
    System.exit(exitCode);
  }

  private static void run(Path home, Options options) throws Refusal, InterruptedException {
    List<Choice> bundles =
        new InstalledBundles(options.state().resolve("installed")).over(BundleList.verified(home));
    Map<String, String> properties = FrameworkProperties.of(options, home);
    Path etc = Path.of(properties.get(NodeProperties.ETC));
    new ConfigCheck(Metatype.of(bundles.stream().map(Choice::file).toList())).check(etc);

    AgentFramework framework = new AgentFramework(properties);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(framework), "stop"));
    framework.start(bundles);
    framework.awaitStop();
  }

  /** Runs on SIGTERM, for which the JVM would exit with 143: halting here keeps a stop clean. */
  private static void stop(AgentFramework framework) {
    if (!framework.stop()) {
      exitCode = UNCLEAN_STOP;
    }
    Runtime.getRuntime().halt(exitCode);
  }
}
