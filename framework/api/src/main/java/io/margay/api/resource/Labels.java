// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

import java.util.regex.Pattern;

/** What Kubernetes allows in labels. */
final class Labels {
  private static final int MAX_PART = 63;
  private static final int MAX_PREFIX = 253;
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?");
  private static final Pattern PREFIX =
      Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

  private Labels() {}

  /** Notes what is wrong with the labels of a resource. */
  static void check(Fields metadata) {
    metadata
        .textMap("labels")
        .forEach(
            (key, value) -> {
              if (!isKey(key)) {
                metadata.problem(
                    "labels." + key,
                    key,
                    "as name of a label 1 to 63 letters, digits, dashes, underscores and dots,"
                        + " perhaps after a DNS name and a slash");
              }
              if (!value.isEmpty() && !isPart(value)) {
                metadata.problem(
                    "labels." + key,
                    value,
                    "at most 63 letters, digits, dashes, underscores and dots, the first and the"
                        + " last a letter or digit");
              }
            });
  }

  private static boolean isKey(String key) {
    int slash = key.indexOf('/');
    String prefix = slash < 0 ? "" : key.substring(0, slash);
    boolean isPrefixed =
        slash < 0 || prefix.length() <= MAX_PREFIX && PREFIX.matcher(prefix).matches();
    return isPrefixed && isPart(key.substring(slash + 1));
  }

  private static boolean isPart(String text) {
    return text.length() <= MAX_PART && PART.matcher(text).matches();
  }
}
