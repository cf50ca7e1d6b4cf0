// SPDX-License-Identifier: Apache-2.0
/** Calico's resource model as immutable values; unknown fields survive a rewrite. */
@Export
@Version("1.0.0")
package io.margay.api.resource;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
