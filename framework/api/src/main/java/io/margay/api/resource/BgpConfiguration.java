// SPDX-License-Identifier: Apache-2.0
package io.margay.api.resource;

/** Placeholder. */
public final class BgpConfiguration {}
