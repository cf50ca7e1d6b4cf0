// SPDX-License-Identifier: Apache-2.0
/** Versioned JSON documents: all of Margay's intent lives behind this service. */
@Export
@Version("1.0.0")
package io.margay.api.store;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
