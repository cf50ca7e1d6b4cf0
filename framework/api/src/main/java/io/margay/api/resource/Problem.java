// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/**
 * One thing wrong with a resource.
 *
 * @param field path such as {@code spec.cidr}; empty for the document as a whole
 * @param value what was found, shortened
 * @param expected what would be right, without "expected"
 */
public record Problem(String field, String value, String expected) {
  @Override
  public String toString() {
    return (field.isEmpty() ? "" : field + ": ") + value + " (expected: " + expected + ")";
  }
}
