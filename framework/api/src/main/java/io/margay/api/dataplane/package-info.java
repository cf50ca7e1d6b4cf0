// SPDX-License-Identifier: Apache-2.0
/** Desired kernel state and the only service that writes it. */
@Export
@Version("1.1.0")
package io.margay.api.dataplane;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
