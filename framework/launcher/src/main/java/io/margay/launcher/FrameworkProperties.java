// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import io.margay.api.node.NodeProperties;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.osgi.framework.Constants;

/** The properties the framework starts with: where this node's files are, and how Felix behaves. */
public final class FrameworkProperties {
  /** The log of the agent is on the class path: as bundles, SLF4J 2 and logback need SpiFly. */
  private static final String SLF4J_VERSION = "2.0.20";

  private static final String LOGBACK_VERSION = "1.6.6";

  /** Quick enough for a person who edits a file, and nothing to see in an idle agent's CPU time. */
  private FrameworkProperties() {}

  /** Every property of a framework for these options. */
  public static Map<String, String> of(Options options, Path home) {
    Map<String, String> properties = new HashMap<>();
    properties.put(NodeProperties.NODE, options.node());
    properties.put(NodeProperties.STATE, options.state().toString());
    properties.put(NodeProperties.STORE, options.store().toString());
    properties.put(NodeProperties.HOME, home.toString());
    properties.put(NodeProperties.ETC, home.resolve("etc").toString());
    properties.put(NodeProperties.STARTED, Long.toString(processStartMillis()));
    properties.putAll(options.properties());

    // The launcher's lock guards the state directory; a fresh cache cannot disagree with the list.
    properties.put(Constants.FRAMEWORK_STORAGE, options.state().resolve("bundles").toString());
    properties.put(
        Constants.FRAMEWORK_STORAGE_CLEAN, Constants.FRAMEWORK_STORAGE_CLEAN_ONFIRSTINIT);
    properties.put("felix.cache.locking", "false");
    properties.put(Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, systemPackages());
    // A newer bundle runs beside the older one while it is swapped.
    properties.put(Constants.FRAMEWORK_BSNVERSION, Constants.FRAMEWORK_BSNVERSION_MULTIPLE);
    properties.put("felix.log.level", "2");
    properties.put("ds.loglevel", "warn");
    return properties;
  }

  /** Packages of the class path that bundles may import. */
  public static String systemPackages() {
    return String.join(
        ",",
        packages(
            SLF4J_VERSION, "org.slf4j", "org.slf4j.event", "org.slf4j.helpers", "org.slf4j.spi"),
        packages(
            LOGBACK_VERSION,
            "ch.qos.logback.classic",
            "ch.qos.logback.classic.spi",
            "ch.qos.logback.core",
            "ch.qos.logback.core.spi"),
        "sun.misc");
  }

  private static String packages(String version, String... names) {
    return String.join(";", names) + ";version=" + version;
  }

  private static long processStartMillis() {
    return ProcessHandle.current()
        .info()
        .startInstant()
        .orElseThrow(() -> new IllegalStateException("/proc does not tell when a process started"))
        .toEpochMilli();
  }
}
