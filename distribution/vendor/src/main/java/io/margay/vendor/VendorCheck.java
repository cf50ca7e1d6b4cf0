// SPDX-License-Identifier: Apache-2.0
package io.margay.vendor;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import io.margay.api.dataplane.Grant;
import io.margay.api.mode.Info;
import io.margay.api.mode.RoutingMode;
import io.margay.api.net.IpFamily;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Checks the jar of a routing mode without a kernel. usage: VendorCheck JAR API_JAR RESULTS
 *
 * <p>Appends a JSON object for each check to RESULTS: {@code check}, {@code result} (pass or fail),
 * {@code detail}. Prints what the mode says about itself as one more: {@code mode}, {@code
 * families}, {@code bundle}, {@code version}. Exit status 0 whatever is found, 2 when the jar
 * cannot be read.
 */
public final class VendorCheck {
  private static final Gson GSON = new GsonBuilder().disableHtmlEscaping().create();

  private VendorCheck() {}

  public static void main(String[] args) {
    try {
      Path jar = Path.of(args[0]);
      JarChecks checks = new JarChecks(jar, JarChecks.exported(Path.of(args[1])));
      List<Finding> findings = new ArrayList<>(checks.all());
      Optional<RoutingMode> mode = mode(jar, checks, findings);
      mode.ifPresent(m -> findings.addAll(ModeContract.check(() -> m, grant(checks))));
      List<String> lines = findings.stream().map(VendorCheck::json).toList();
      Files.write(Path.of(args[2]), lines);
      System.out.println(self(checks, mode.map(RoutingMode::info)));
      System.exit(0); // A mode may have left threads.
    } catch (IOException e) {
      System.err.println("margay vendor: " + args[0] + ": " + e.getMessage());
      System.exit(2);
    }
  }

  /** The mode, if it can be made; else a finding says why not. */
  private static Optional<RoutingMode> mode(Path jar, JarChecks checks, List<Finding> findings)
      throws IOException {
    String check = "can be made by its constructor without arguments";
    Optional<String> type = checks.modeClass();
    if (type.isEmpty()) {
      return Optional.empty();
    }
    try {
      URL[] classPath = {jar.toUri().toURL()};
      // Left open: classes are loaded from it until the end.
      ClassLoader loader = new URLClassLoader(classPath, VendorCheck.class.getClassLoader());
      Constructor<?> constructor = Class.forName(type.get(), true, loader).getConstructor();
      RoutingMode mode = (RoutingMode) constructor.newInstance();
      findings.add(Finding.good(check, "mode " + mode.info().name()));
      return Optional.of(mode);
    } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      findings.add(Finding.bad(check, cause.toString()));
      return Optional.empty();
    }
  }

  /** The usual one when it cannot be read, of which a finding tells. */
  private static Grant grant(JarChecks checks) {
    try {
      return checks.grant();
    } catch (IllegalArgumentException e) {
      return Grant.usual(checks.symbolicName());
    }
  }

  private static String json(Finding finding) {
    JsonObject object = new JsonObject();
    object.addProperty("check", finding.check());
    object.addProperty("result", finding.problem().isEmpty() ? "pass" : "fail");
    object.addProperty("detail", finding.problem().orElse(finding.detail()));
    return GSON.toJson(object);
  }

  private static String self(JarChecks checks, Optional<Info> info) {
    JsonObject object = new JsonObject();
    object.addProperty("mode", info.map(Info::name).orElse(""));
    object.addProperty(
        "families",
        info.map(
                i ->
                    i.families().stream()
                        .sorted()
                        .map(f -> f == IpFamily.IPV4 ? "4" : "6")
                        .collect(Collectors.joining(" ")))
            .orElse(""));
    object.addProperty("bundle", checks.symbolicName());
    object.addProperty("version", checks.version());
    return GSON.toJson(object);
  }
}
