// SPDX-License-Identifier: Apache-2.0
/** Commands that any bundle contributes to the console. */
@Export
@Version("1.1.0")
package io.margay.api.console;

import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
