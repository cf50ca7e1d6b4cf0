// SPDX-License-Identifier: Apache-2.0
package io.margay.itests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import io.margay.itests.Shell.Result;
import io.margay.itests.swap.BundleJar;
import io.margay.itests.swap.RogueMode.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bundles of a running agent are replaced, by good ones and by bad ones, while pods talk. */
class SwapIT {
  private static final String NODE = "node1";
  private static final AtomicInteger VERSION = new AtomicInteger(1);
  private static Lab lab;
  private static Path jars;

  private Loss loss;

  @BeforeAll
  static void twoNodes() throws IOException {
    lab = Lab.up("--nodes", "2"); // With settings of its own.
    Files.writeString(
        lab.settings("io.margay.bundle.cfg"), "bakeSeconds = 2\n", StandardOpenOption.APPEND);
    jars = Files.createTempDirectory("margay-jars");
  }

  @AfterAll
  static void down() throws IOException {
    if (lab != null) {
      lab.close();
      Shell.run("rm", "-rf", jars.toString());
    }
  }

  @BeforeEach
  void traffic() throws IOException {
    loss = Loss.in(lab, 5000);
  }

  @AfterEach
  void stopTraffic() throws IOException {
    loss.close();
  }

  @Test
  void aSwappedBundleSurvivesTheAgentAndGoesBack() throws Exception {
    String before = version("vxlan");
    String newer = next();

    swap("vxlan", newer).orFail();
    assertEquals(newer, version("vxlan"));

    lab.kill(NODE);
    lab.start(NODE);
    assertEquals(newer, version("vxlan"));

    exec("bundle:rollback vxlan --bake 1").orFail();
    assertEquals(before, version("vxlan"));

    lab.kill(NODE);
    lab.start(NODE);
    assertEquals(before, version("vxlan"));
    loss.assertNone();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "direct",
        "ipip",
        "vxlan",
        "ipam",
        "cni",
        "dataplane",
        "store-sqlite",
        "bgp",
        "console"
      })
  void touchesNoOtherBundle(String name) throws Exception {
    Map<String, String> others = bundles();
    others.remove(symbolic(name));
    long starts = agentStarts();
    String newer = next();

    swap(name, newer);
    Lab.await(name + " is " + newer, () -> isDone(name, newer));

    Map<String, String> after = bundles();
    after.remove(symbolic(name));
    assertEquals(others, after);
    assertEquals(starts, agentStarts());
    assertEquals(newer, version(name));
    loss.assertNone();
  }

  @Test
  void classesOfReplacedBundlesLeaveMemory() throws Exception {
    for (String name : List.of("direct", "dataplane", "ipam", "store-sqlite", "bgp")) {
      swap(name, next()).orFail();
    }

    Lab.await(
        "the class loaders of replaced bundles are collected",
        () -> {
          lab.collectGarbage(NODE);
          return !health("bundles").get("detail").toString().contains("in memory");
        });
  }

  @ParameterizedTest
  @CsvSource({
    "FAIL_IN_CONSTRUCTOR, cannot be made",
    "HANG_IN_CONSTRUCTOR, hangs in start",
    "HANG_IN_INFO, does not say which mode it provides",
    "FAIL_IN_PLAN, cannot plan",
    "HANG_IN_PLAN, takes longer than 2000 ms",
    "HANG_IN_HEALTH_CHECK, the check does not answer in 5 s"
  })
  void aBadBundleIsRefusedByNameAndNobodyNotices(Fault fault, String why) throws Exception {
    String before = version("direct");
    Path jar = newer("direct").rogue(fault).version(next()).write(fresh());

    Result result = exec("bundle:swap direct " + jar + " --bake 1");

    assertNotEquals(0, result.exitCode());
    assertTrue(result.output().contains("refused: "), result.output());
    assertTrue(result.output().contains("io.margay.direct"), result.output());
    assertTrue(result.output().contains(why), result.output());
    assertEquals(before, version("direct"));
    assertEquals("OK", health("pools").get("status").getAsString());
    loss.assertNone();
  }

  @Test
  void whatWantsANewerApiIsRefusedWithTheReason() throws Exception {
    BundleJar jar =
        newer("direct")
            .header("Import-Package", "io.margay.api.mode;version=\"[1.99,2)\"")
            .version(next());

    Result result = exec("bundle:swap direct " + jar.write(fresh()));

    assertTrue(
        result
            .output()
            .contains(
                "does not resolve: it wants io.margay.api.mode 1.99.0, and this agent has 1."),
        result.output());
    assertTrue(result.output().contains("upgrade the agent"), result.output());
    loss.assertNone();
  }

  @Test
  void whatWasChangedAfterItWasSignedIsRefused() throws Exception {
    Path signed = newer("direct").version(next()).write(fresh());
    Path keys = jars.resolve("keys");
    tool("keytool", "-genkeypair -keyalg EC -alias acme -dname CN=acme -storepass secret", keys);
    tool("jarsigner", "-storepass secret " + signed + " acme", keys);
    Path tampered = BundleJar.of(signed).entry("extra.txt", "not signed").write(fresh());

    Result refused = exec("bundle:swap direct " + tampered);
    assertTrue(refused.output().contains("was changed after it was signed"), refused.output());

    exec("bundle:swap direct " + signed + " --bake 1").orFail();
    exec("bundle:rollback direct --bake 1").orFail();
    loss.assertNone();
  }

  @Test
  void whatItDoesNotDeclareItMayNotOwn() throws Exception {
    exec("mode:switch default-ipv4-ippool vxlan --wait 2s").orFail();
    String before = version("vxlan");
    Path foreign =
        newer("vxlan")
            .header("Margay-Kernel", "link;name=\"acme*\";kind=\"vxlan\",traffic;udp=\"*\"")
            .version(next())
            .write(fresh());

    Result refused = exec("bundle:swap vxlan " + foreign + " --bake 1");

    assertNotEquals(0, refused.exitCode());
    assertTrue(
        refused.output().contains("io.margay.vxlan may not own link vxlan.calico"),
        refused.output());
    assertEquals(before, version("vxlan"));
    String info = exec("bundle:info vxlan").orFail();
    assertTrue(info.contains("traffic;udp="), info);
    assertTrue(info.contains("1 link"), info);

    exec("mode:switch default-ipv4-ippool direct --wait 2s").orFail();
    loss.assertNone();
  }

  private static void tool(String name, String words, Path keys) {
    String program = Path.of(System.getProperty("java.home"), "bin", name).toString();
    Shell.run("sh", "-c", program + " -keystore " + keys + " " + words).orFail();
  }

  @Test
  void aBundleThatGoesBadLaterIsRolledBack() throws Exception {
    String before = version("direct");
    String newer = next();
    Path jar = newer("direct").rogue(Fault.HANG_IN_LATER_PLAN).version(newer).write(fresh());
    Process swap =
        Shell.start(Map.of(), lab.clientCommand(NODE, "exec", "bundle:swap direct " + jar));
    Lab.await("it has taken over", () -> isHandedOver(newer));

    lab.client(NODE, felix("ChecksumOffloadBroken=false"), "apply", "-f", "-").orFail();

    Result result = Shell.end(swap);
    assertTrue(result.output().contains("rolled back: "), result.output());
    assertTrue(result.output().contains("takes longer than 2000 ms"), result.output());
    assertEquals(before, version("direct"));
    assertTrue(health("bundles").get("detail").getAsString().contains("was rolled back"));
    lab.client(NODE, felix(""), "apply", "-f", "-").orFail();
    loss.assertNone();
  }

  @Test
  void threadsThatABundleLeavesBehindAreNamed() throws Exception {
    swap(newer("direct").rogue(Fault.LEAVE_THREAD)).orFail();

    String left = exec("bundle:rollback direct --bake 1").orFail();

    assertTrue(left.contains("leaves threads behind: left-by-rogue"), left);
  }

  @Test
  void otherRoutesAreShownAndNeedConsent() throws Exception {
    Path jar = newer("direct").rogue(Fault.OTHER_ROUTES).version(next()).write(fresh());

    String shown = exec("bundle:swap direct " + jar + " --dry-run").orFail();
    assertTrue(shown.contains("mtu 1400"), shown);
    assertTrue(shown.contains("2 changes to the kernel"), shown);

    Result refused = exec("bundle:swap direct " + jar + " --bake 1");
    assertTrue(refused.output().contains("--accept lets it"), refused.output());
    assertEquals(0, routesWithMtu());

    exec("bundle:swap direct " + jar + " --bake 1 --accept").orFail();
    Lab.await("the kernel has the other routes", () -> routesWithMtu() == 2);

    exec("bundle:rollback direct --bake 1 --accept").orFail();
    Lab.await("the kernel has the routes of before", () -> routesWithMtu() == 0);
    loss.assertConnected(); // A smaller MTU makes TCP send again what was larger.
  }

  @Test
  void whoIsKilledWhileWatchingStartsWithTheOldOne() throws Exception {
    String before = version("vxlan");
    String newer = next();
    Path jar = newer("vxlan").version(newer).write(fresh());
    Process swap =
        Shell.start(
            Map.of(), lab.clientCommand(NODE, "exec", "bundle:swap vxlan " + jar + " --bake 30"));
    Lab.await("it has taken over", () -> isHandedOver(newer));

    lab.kill(NODE);
    lab.start(NODE);

    Shell.end(swap);
    assertEquals(before, version("vxlan"));
    loss.assertNone();
  }

  @Test
  void aJarInTheDeployFolderIsSwapped() throws Exception {
    Path folder = Files.createDirectories(lab.nodeState(NODE).resolve("deploy"));
    Files.writeString(folder.resolve("broken.jar"), "no jar");
    Lab.await("it is named", () -> health("bundles").toString().contains("broken.jar was refused"));
    Files.delete(folder.resolve("broken.jar"));
    Lab.await("it is forgotten", () -> !health("bundles").toString().contains("broken.jar"));

    String newer = next();
    newer("ipip").version(newer).write(folder.resolve("ipip.jar"));
    Lab.await("ipip is " + newer, () -> newer.equals(version("ipip")));
    loss.assertNone();
  }

  @Test
  void ofTwoProvidersOneStandsByUntilItIsPreferred() throws Exception {
    Path second =
        newer("direct").header("Bundle-SymbolicName", "org.example.direct").write(fresh());
    exec("bundle:install " + second + " --bake 1").orFail();
    Lab.await(
        "it stands by",
        () -> health("modes").toString().contains("standing by: direct of org.example.direct"));

    exec("mode:prefer direct org.example.direct").orFail();
    Lab.await(
        "the other stands by",
        () -> health("modes").toString().contains("standing by: direct of io.margay.direct"));

    lab.kill(NODE);
    lab.start(NODE);
    Lab.await(
        "the choice is kept",
        () -> health("modes").toString().contains("standing by: direct of io.margay.direct"));

    exec("bundle:uninstall org.example.direct").orFail();
    Result refused = exec("bundle:uninstall direct");
    assertTrue(refused.output().contains("mode direct is in use by pool"), refused.output());
    loss.assertNone();
  }

  @Test
  void aFeatureIsInstalledAsAWholeOrNotAtAll() throws Exception {
    Path one = newer("direct").header("Bundle-SymbolicName", "org.example.one").write(fresh());
    Path two = newer("direct").header("Bundle-SymbolicName", "org.example.two").write(fresh());
    Path bad =
        newer("direct")
            .rogue(Fault.FAIL_IN_CONSTRUCTOR)
            .header("Bundle-SymbolicName", "org.example.bad")
            .write(fresh());
    Files.writeString(
        lab.settings("features.json"),
        """
        {"features": [
          {"name": "good", "version": "1", "bundles": [{"file": "%s"}, {"file": "%s"}]},
          {"name": "bad", "version": "1", "bundles": [{"file": "%s"}, {"file": "%s"}]}]}
        """
            .formatted(one, two, one, bad));

    Result refused = exec("feature:install bad --bake 0");
    assertTrue(refused.output().contains("cannot be made"), refused.output());
    assertTrue(refused.output().contains("nothing of the feature is installed"), refused.output());
    assertEquals(null, bundles().get("org.example.one"));

    exec("feature:install good --bake 0").orFail();
    assertTrue(bundles().get("org.example.one").contains("ACTIVE"));
    assertTrue(bundles().get("org.example.two").contains("ACTIVE"));
    assertEquals("yes", feature("good"));
    assertEquals("partly", feature("bad"));

    exec("feature:uninstall good").orFail();
    assertEquals("no", feature("good"));
    assertEquals(null, bundles().get("org.example.two"));
    loss.assertNone();
  }

  private static String feature(String name) {
    return lab.rows(NODE, "feature:list").stream()
        .filter(row -> row.get("name").getAsString().equals(name))
        .map(row -> row.get("installed").getAsString())
        .collect(Collectors.joining());
  }

  // ---- what tests say

  private static BundleJar newer(String name) throws IOException {
    return BundleJar.of(Distribution.HOME, name);
  }

  private static Result swap(String name, String version) throws IOException {
    return exec(
        "bundle:swap " + name + " " + newer(name).version(version).write(fresh()) + " --bake 1");
  }

  private static Result swap(BundleJar jar) throws IOException {
    return exec("bundle:swap direct " + jar.version(next()).write(fresh()) + " --bake 1");
  }

  private static String next() {
    return "1.0." + VERSION.getAndIncrement();
  }

  private static Path fresh() {
    return jars.resolve("jar" + VERSION.getAndIncrement() + ".jar");
  }

  private static Result exec(String command) {
    return lab.client(NODE, "", "exec", command);
  }

  private static String symbolic(String name) {
    return "io.margay." + name.replace('-', '.');
  }

  /** State and version of each bundle, by its name. */
  private static Map<String, String> bundles() {
    return lab.rows(NODE, "bundle:list").stream()
        .collect(
            Collectors.toMap(
                row -> row.get("name").getAsString(),
                row -> row.get("id") + " " + row.get("state") + " " + row.get("version"),
                (one, other) -> one + ", " + other));
  }

  private static String version(String name) {
    return lab.rows(NODE, "bundle:list").stream()
        .filter(row -> row.get("name").getAsString().equals(symbolic(name)))
        .filter(row -> row.get("state").getAsString().equals("ACTIVE"))
        .map(row -> row.get("version").getAsString())
        .collect(Collectors.joining(", "));
  }

  private static boolean isHandedOver(String version) {
    return lab.log(NODE).stream()
        .anyMatch(line -> line.contains("Bundle handed over") && line.contains(version));
  }

  private static boolean isDone(String name, String version) {
    return lab.rows(NODE, "bundle:history").stream()
        .filter(row -> row.get("name").getAsString().equals(symbolic(name)))
        .filter(row -> row.get("to").getAsString().equals(version))
        .anyMatch(row -> row.get("outcome").getAsString().equals("DONE"));
  }

  private static long agentStarts() {
    return lab.log(NODE).stream().filter(line -> line.contains("Agent ready")).count();
  }

  private static JsonObject health(String part) {
    return lab.health(NODE, part).orElseThrow();
  }

  private static long routesWithMtu() {
    return lab.kernel(NODE).state().stream().filter(line -> line.contains("mtu 1400")).count();
  }

  private static String felix(String features) {
    return """
    apiVersion: projectcalico.org/v3
    kind: FelixConfiguration
    metadata:
      name: default
    spec:
      featureDetectOverride: "%s"
    """
        .formatted(features);
  }
}
