// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.margay.itests.Shell.Result;
import io.margay.itests.swap.BundleJar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The whole agent of a node is replaced by that of another release, while pods talk, come and go.
 */
class UpgradeIT {
  private static final String NODE = "node1";
  private static final List<String> OURS =
      List.of(
          "api",
          "core",
          "direct",
          "ipip",
          "vxlan",
          "ipam",
          "cni",
          "dataplane",
          "bgp",
          "console",
          "store-sqlite");

  private static Lab lab;
  private static Path folder;

  @BeforeAll
  static void twoNodes() throws IOException {
    Lab.assumeRoot();
    folder = Files.createTempDirectory("margay-upgrade");
    lab = Lab.up("--nodes", "2");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
      // The trees of all releases, beside the one that the lab had.
      Shell.run("sh", "-c", "rm -rf \"$0\" \"$1\"*", folder.toString(), lab.home().toString());
    }
  }

  @Test
  void theNextReleaseTakesOverAndGoesBackWithoutLosingAPacket() throws Exception {
    String before = version();
    Path next = release("9.1.0", home -> {});
    Files.writeString(lab.settings("io.margay.ipam.cfg"), "poolWarnPercent = 77\n");

    String shown = upgrade(next.toString(), "--dry-run").orFail();
    assertTrue(shown.contains("to 9.1.0:"), shown);
    assertEquals(before, version());

    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, 2000);
              Churn churn = new Churn()) {
            String done = upgrade(next.toString()).orFail();
            assertTrue(done.contains("9.1.0 runs"), done);
            assertTrue(done.contains("io.margay.ipam.cfg: this node's is kept"), done);
            assertEquals("9.1.0", version());

            upgrade("--rollback").orFail();
            assertEquals(before, version());

            churn.assertAllWell();
            loss.assertNone();
          }
        });
    assertEquals("poolWarnPercent = 77\n", Files.readString(lab.settings("io.margay.ipam.cfg")));
    Lab.await("no DEL waits", () -> lab.spool(NODE).isEmpty());
  }

  @Test
  void aReleaseThatDoesNotWorkIsTakenBack() throws Exception {
    String before = version();
    Path broken =
        release(
            "9.2.0",
            home -> {
              BundleJar ipam = BundleJar.of(home, "ipam");
              replace(home, "ipam", ipam.header("Import-Package", "io.margay.nowhere"));
              lock(home); // Broken, but as it was built.
            });

    Loss.untilValid(
        () -> {
          try (Loss loss = Loss.in(lab, 2000)) {
            Result result = upgrade(broken.toString(), "--wait", "10");

            assertNotEquals(0, result.exitCode());
            assertTrue(result.output().contains("9.2.0 was taken back: "), result.output());
            assertTrue(result.output().contains("runs again"), result.output());
            assertEquals(before, version());
            loss.assertNone();
          }
        });
  }

  @Test
  void aDamagedArchiveChangesNothing() throws Exception {
    String before = version();
    Path damaged =
        release(
            "9.3.0",
            home -> {
              try (var jars =
                  Files.newDirectoryStream(home.resolve("bundles"), "io.margay.bgp-*")) {
                Files.writeString(jars.iterator().next(), "not what was built");
              }
            });

    Result result = upgrade(damaged.toString());

    assertNotEquals(0, result.exitCode());
    assertTrue(result.output().contains("is damaged: bundles/io.margay.bgp-"), result.output());
    assertEquals(before, version());
  }

  @Test
  void settingsThatTheReleaseDoesNotKnowAreNamedBeforeAnythingStops() throws Exception {
    Path settings = lab.settings("io.margay.core.cfg");
    String before = Files.readString(settings);
    Path next = release("9.4.0", home -> {});
    // As if the next release had no such key any more.
    Files.writeString(settings, before + "\nfrobnicate = 1\n");
    try {
      Result result = upgrade(next.toString());

      assertNotEquals(0, result.exitCode());
      assertTrue(result.output().contains("frobnicate"), result.output());
      assertTrue(result.output().contains("cannot run with this node's etc/"), result.output());
    } finally {
      Files.writeString(settings, before);
    }
  }

  /** Pods that come and go on the node, one after the other, for as long as it is open. */
  private static final class Churn implements AutoCloseable {
    private final AtomicBoolean isEnding = new AtomicBoolean();
    private final List<String> failures = new ArrayList<>();
    private int count;
    private final Thread thread = new Thread(this::run, "churn");

    Churn() {
      thread.start();
    }

    private void run() {
      while (!isEnding.get()) {
        String pod = "churn" + count++;
        Result add = lab.runBy(Distribution.HOME, "pod", "add", NODE, pod);
        Result del = lab.runBy(Distribution.HOME, "pod", "del", pod);
        for (Result result : List.of(add, del)) {
          if (result.exitCode() != 0) {
            failures.add(result.output());
          }
        }
      }
    }

    void assertAllWell() {
      close();
      assertEquals(List.of(), failures);
      assertTrue(count > 1, count + " pods");
    }

    @Override
    public void close() {
      isEnding.set(true);
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  // ---- releases

  private interface Change {
    void make(Path home) throws IOException;
  }

  /** The distribution with a higher version of each bundle, and of an API that has grown. */
  private static Path release(String version, Change change) throws IOException {
    Path tree = folder.resolve("margay-" + version);
    Shell.run("cp", "-r", Distribution.HOME.toString(), tree.toString()).orFail();
    Files.writeString(tree.resolve("VERSION"), version + "\n");
    for (String name : OURS) {
      replace(tree, name, BundleJar.of(tree, name).grownApi().version(version));
    }
    lock(tree);
    change.make(tree);
    Path archive = folder.resolve("margay-" + version + ".tar.gz");
    Shell.run("tar", "-C", folder.toString(), "-czf", archive.toString(), "margay-" + version)
        .orFail();
    return archive;
  }

  private static void replace(Path home, String name, BundleJar jar) throws IOException {
    try (var jars = Files.newDirectoryStream(home.resolve("bundles"), "io.margay." + name + "-*")) {
      Path file = jars.iterator().next();
      Files.delete(file);
      jar.write(file);
    }
  }

  private static void lock(Path tree) {
    Shell.run(
            "sh",
            "-c",
            "cd \"$0\" && files=$(sed -n 's,^[0-9a-f]*  ,,p' bundles.lock)"
                + " && sha256sum $files > lock && mv lock bundles.lock",
            tree.toString())
        .orFail();
  }

  private static Result upgrade(String... words) {
    String margay = lab.home().resolve("bin/margay").toString();
    List<String> command = new ArrayList<>(List.of(margay, "upgrade"));
    command.addAll(List.of(words));
    command.addAll(List.of("--home", lab.home().toString()));
    command.addAll(List.of("--state", lab.nodeState(NODE).toString()));
    command.addAll(
        List.of(
            "--restart", lab.shellCommand("stop", NODE) + "; " + lab.shellCommand("start", NODE)));
    return Shell.run(Map.of(), "", command.toArray(String[]::new));
  }

  private static String version() {
    return lab.rows(NODE, "bundle:list").stream()
        .filter(row -> row.get("name").getAsString().equals("io.margay.core"))
        .map(row -> row.get("version").getAsString())
        .collect(Collectors.joining());
  }
}
