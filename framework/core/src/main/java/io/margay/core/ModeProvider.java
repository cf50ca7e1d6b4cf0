// SPDX-License-Identifier: Apache-2.0
package io.margay.core;

/**
 * The bundle that a mode comes from.
 *
 * @param id of the bundle in the framework: two versions of one bundle differ in it
 * @param name its symbolic name
 */
public record ModeProvider(long id, String name) {}
