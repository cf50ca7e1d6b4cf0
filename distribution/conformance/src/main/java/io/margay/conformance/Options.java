// SPDX-License-Identifier: Apache-2.0
package io.margay.conformance;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/** The command line. */
final class Options {
  static final String NEW = "new";
  static final String CURRENT = "current";

  static final String USAGE =
      """
      usage: margay cni conformance PLUGIN [OPTION]...

      Checks a CNI plugin, any that makes an interface, against the specification: executes it as a
      container runtime does and looks at what is then in the kernel. Needs root, ip and nsenter.

        --conf FILE      configuration of the network, or a conflist with the plugin; cniVersion and
                         name are replaced (default: a built-in one for bridge, ipvlan, macvlan and
                         ptp, else only the type)
        --cni-path DIRS  CNI_PATH (default: the directory of PLUGIN)
        --netns WHERE    namespace that PLUGIN runs in: new, current, or a path (default: new, with
                         a link uplink0 and a default route)
        --versions LIST  only these, such as 0.4.0,1.0.0 (default: all that VERSION lists)
        --repeat N       make each check N times (default: 1)
        --flips N        flip at most N bytes of the configuration, one a call (default: 400)
        --must           leave out what the specification only recommends
        --junit FILE     write the findings as JUnit XML
        --json FILE      write the findings as JSON

      Exit status: 0 nothing failed, 1 something failed, 64 usage, 69 could not be checked.
      """;

  private Optional<Path> plugin = Optional.empty();
  private Optional<Path> conf = Optional.empty();
  private Optional<String> cniPath = Optional.empty();
  private String netns = NEW;
  private List<SpecVersion> versions = List.of(SpecVersion.values());
  private int repeats = 1;
  private int flips = 400;
  private boolean isMustOnly;
  private Optional<Path> junit = Optional.empty();
  private Optional<Path> json = Optional.empty();

  private Options() {}

  /**
   * Reads the command line.
   *
   * @throws IllegalArgumentException with a message for the user
   */
  static Options parse(String... words) {
    Options options = new Options();
    Iterator<String> rest = Arrays.asList(words).iterator();
    while (rest.hasNext()) {
      options.read(rest.next(), rest);
    }
    if (options.plugin.isEmpty()) {
      throw new IllegalArgumentException("which plugin?");
    }
    return options;
  }

  private void read(String word, Iterator<String> rest) {
    switch (word) {
      case "--conf" -> conf = Optional.of(Path.of(value(word, rest)));
      case "--cni-path" -> cniPath = Optional.of(value(word, rest));
      case "--netns" -> netns = value(word, rest);
      case "--versions" -> versions = versions(value(word, rest));
      case "--repeat" -> repeats = number(word, value(word, rest), 1);
      case "--flips" -> flips = number(word, value(word, rest), 0);
      case "--must" -> isMustOnly = true;
      case "--junit" -> junit = Optional.of(Path.of(value(word, rest)));
      case "--json" -> json = Optional.of(Path.of(value(word, rest)));
      default -> readPlugin(word);
    }
  }

  private void readPlugin(String word) {
    if (word.startsWith("-")) {
      throw new IllegalArgumentException("unknown option: " + word);
    }
    if (plugin.isPresent()) {
      throw new IllegalArgumentException("one plugin at a time: " + plugin.get() + ", " + word);
    }
    plugin = Optional.of(Path.of(word));
  }

  private static String value(String option, Iterator<String> rest) {
    if (!rest.hasNext()) {
      throw new IllegalArgumentException(option + " needs a value");
    }
    return rest.next();
  }

  private static int number(String option, String text, int least) {
    if (!text.matches("\\d{1,6}") || Integer.parseInt(text) < least) {
      throw new IllegalArgumentException(
          option + ": " + text + " (expected: " + least + " or more)");
    }
    return Integer.parseInt(text);
  }

  private static List<SpecVersion> versions(String list) {
    List<SpecVersion> versions = new ArrayList<>();
    for (String text : list.split(",")) {
      versions.add(
          SpecVersion.parse(text)
              .orElseThrow(() -> new IllegalArgumentException("--versions: there is no " + text)));
    }
    return versions.stream().sorted().distinct().toList();
  }

  Path plugin() {
    return plugin.orElseThrow().toAbsolutePath().normalize();
  }

  Optional<Path> conf() {
    return conf;
  }

  String cniPath() {
    return cniPath.orElseGet(() -> plugin().getParent().toString());
  }

  /** Where the plugin runs: {@link #NEW}, {@link #CURRENT} or a path. */
  String netns() {
    return netns;
  }

  /** Those to be checked, if the plugin has them; oldest first. */
  List<SpecVersion> versions() {
    return versions;
  }

  int repeats() {
    return repeats;
  }

  /** At most so many bytes of the configuration are flipped. */
  int flips() {
    return flips;
  }

  boolean isMustOnly() {
    return isMustOnly;
  }

  Optional<Path> junit() {
    return junit;
  }

  Optional<Path> json() {
    return json;
  }
}
