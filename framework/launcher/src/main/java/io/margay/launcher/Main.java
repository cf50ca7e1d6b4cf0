// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import io.margay.api.node.NodeProperties;
import io.margay.launcher.InstalledBundles.Choice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
      List<String> words = new ArrayList<>(List.of(args));
      boolean isCheck = words.remove("--check");
      Options options = Options.parse(words);
      if (isCheck) {
        checked(home, options);
        return;
      }
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
    List<Choice> bundles = checked(home, options);
    AgentFramework framework = new AgentFramework(FrameworkProperties.of(options, home));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(framework), "stop"));
    framework.start(bundles);
    framework.awaitStop();
  }

  /** The bundles to start, which are whole, and whose configuration they understand. */
  private static List<Choice> checked(Path home, Options options) throws Refusal {
    List<Choice> bundles =
        new InstalledBundles(options.state().resolve("installed")).over(BundleList.verified(home));
    Path etc = Path.of(FrameworkProperties.of(options, home).get(NodeProperties.ETC));
    new ConfigCheck(ConfigCheck.metatype(bundles.stream().map(Choice::file).toList())).check(etc);
    return bundles;
  }

  /** Runs on SIGTERM, for which the JVM would exit with 143: halting here keeps a stop clean. */
  private static void stop(AgentFramework framework) {
    if (!framework.stop()) {
      exitCode = UNCLEAN_STOP;
    }
    Runtime.getRuntime().halt(exitCode);
  }
}
