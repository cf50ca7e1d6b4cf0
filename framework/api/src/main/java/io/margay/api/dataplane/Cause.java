// SPDX-License-Identifier: Apache-2.0
package io.margay.api.dataplane;

/**
 * Why something is declared or retired, for the log and for {@code dataplane:drift}.
 *
 * @param text a short phrase such as {@code "pool default created"}
 */
public record Cause(String text) {
  @Override
  public String toString() {
    return text;
  }
}
