// SPDX-License-Identifier: Apache-2.0
package io.margay.console.bundle;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.osgi.framework.wiring.BundleRequirement;

/**
 * A package that a bundle imports.
 *
 * @param range of versions, as Import-Package has it; empty when any will do
 */
record Wanted(String name, Optional<String> range) {
  private static final Pattern NAME = Pattern.compile("\\(osgi\\.wiring\\.package=([^)]*)\\)");
  private static final Pattern FROM = Pattern.compile("\\(version>=([^)]*)\\)");
  private static final Pattern BELOW = Pattern.compile("\\(!\\(version>=([^)]*)\\)\\)");

  /** The framework keeps an import as a filter. */
  static Wanted of(BundleRequirement requirement) {
    return of(requirement.getDirectives().get("filter"));
  }

  static Wanted of(String filter) {
    Optional<String> below = first(BELOW, filter);
    Optional<String> from = first(FROM, BELOW.matcher(filter).replaceAll(""));
    return new Wanted(
        first(NAME, filter).orElse(filter),
        from.map(f -> below.map(b -> "[" + f + "," + b + ")").orElse(f)));
  }

  private static Optional<String> first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  @Override
  public String toString() {
    return name + range.map(r -> " " + r).orElse("");
  }
}
