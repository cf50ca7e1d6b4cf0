// SPDX-License-Identifier: Apache-2.0
/** Health and metrics of a running node. */
@Export
@Version("1.1.0")
package io.margay.api.health;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
