// SPDX-License-Identifier: Apache-2.0
/** Address values that the JDK lacks. */
@Export
@Version("1.0.0")
package io.margay.api.net;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
