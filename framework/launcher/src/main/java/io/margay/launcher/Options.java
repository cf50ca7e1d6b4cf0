// SPDX-License-Identifier: Apache-2.0
package io.margay.launcher;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The command line of {@code margay agent}.
 *
 * @param node name of this node
 * @param state directory of everything that belongs to this agent alone
 * @param store the store shared by all agents
 * @param properties further framework properties
 */
public record Options(String node, Path state, Path store, Map<String, String> properties) {
  static final String USAGE =
      """
      usage: margay agent [--node NAME] [--state DIR] [--store FILE] [--set KEY=VALUE]... [--check]

        --node NAME       name of this node (default: the host name)
        --state DIR       directory of this agent alone (default: /var/lib/margay)
        --store FILE      SQLite file shared by the agents of this machine (default: DIR/store.db)
        --set KEY=VALUE   framework property, may be repeated; margay.etc=DIR reads the
                          configuration from DIR
        --check           only check the bundles and the configuration
      """;

  private static final Path DEFAULT_STATE = Path.of("/var/lib/margay");

  /** A Kubernetes node name is a DNS subdomain. RFC 1123 section 2.1. */
  private static final Pattern NODE_NAME =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private static final int NODE_NAME_MAX_LENGTH = 253;

  public Options {
    properties = Map.copyOf(properties);
  }

  /** Reads the words after {@code margay agent}. */
  public static Options parse(List<String> args) throws Refusal {
    String node = null;
    Path state = DEFAULT_STATE;
    Path store = null;
    Map<String, String> properties = new TreeMap<>();
    for (Iterator<String> rest = args.iterator(); rest.hasNext(); ) {
      String option = rest.next();
      switch (option) {
        case "--node" -> node = value(option, rest);
        case "--state" -> state = path(option, rest);
        case "--store" -> store = path(option, rest);
        case "--set" -> addProperty(value(option, rest), properties);
        default -> throw usage("unknown option: " + option);
      }
    }
    return new Options(
        nodeName(node == null ? hostName() : node),
        state,
        store == null ? state.resolve("store.db") : store,
        properties);
  }

  private static String value(String option, Iterator<String> rest) throws Refusal {
    if (!rest.hasNext()) {
      throw usage(option + " needs a value");
    }
    return rest.next();
  }

  private static Path path(String option, Iterator<String> rest) throws Refusal {
    String value = value(option, rest);
    if (value.isEmpty()) {
      throw usage(option + " needs a path");
    }
    return Path.of(value).toAbsolutePath().normalize();
  }

  private static void addProperty(String setting, Map<String, String> properties) throws Refusal {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      throw usage("--set " + setting + " (expected: KEY=VALUE)");
    }
    properties.put(setting.substring(0, equals), setting.substring(equals + 1));
  }

  private static String nodeName(String name) throws Refusal {
    if (name.length() > NODE_NAME_MAX_LENGTH || !NODE_NAME.matcher(name).matches()) {
      throw usage(
          "node name: \""
              + name
              + "\" (expected: lower-case letters, digits, '-' and '.', as a DNS name, at most "
              + NODE_NAME_MAX_LENGTH
              + ")");
    }
    return name;
  }

  private static String hostName() throws Refusal {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip().toLowerCase();
    } catch (IOException e) {
      throw new Refusal(Refusal.USAGE, "host name cannot be read, use --node: " + e.getMessage());
    }
  }

  private static Refusal usage(String problem) {
    return new Refusal(Refusal.USAGE, problem + " (see margay agent --help)");
  }
}
