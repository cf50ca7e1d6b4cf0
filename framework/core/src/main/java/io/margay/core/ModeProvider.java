// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

import io.margay.api.dataplane.Grant;

/**
 * The bundle that a mode comes from.
 *
 * @param id of the bundle in the framework: two versions of one bundle differ in it
 * @param name its symbolic name
 * @param grant what its modes may own in the kernel
 */
public record ModeProvider(long id, String name, Grant grant) {
  /** A bundle that does not say what it may own. */
  public ModeProvider(long id, String name) {
    this(id, name, Grant.usual(name));
  }
}
