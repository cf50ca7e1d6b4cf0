// SPDX-License-Identifier: Apache-2.0
package io.margay.api.store;

/**
 * A document as read.
 *
 * @param json the document in UTF-8; readers must not change the array
 */
public record Entry(Key key, byte[] json, Revision revision) {}
