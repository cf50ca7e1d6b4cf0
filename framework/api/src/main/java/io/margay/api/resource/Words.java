// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/** Constants in Calico's spelling: {@code CROSS_SUBNET} is {@code CrossSubnet}. */
final class Words {
  private Words() {}

  static String of(Enum<?> constant) {
    StringBuilder out = new StringBuilder();
    for (String word : constant.name().split("_")) {
      out.append(word.charAt(0)).append(word.substring(1).toLowerCase(java.util.Locale.ROOT));
    }
    return out.toString();
  }
}
