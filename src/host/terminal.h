#pragma once
// What our standard streams are connected to.

namespace drydock::host {

enum class Stream { Output, Error };

bool is_terminal(Stream stream);
/// Columns of the terminal behind `stream`; 0 if there is none.
unsigned terminal_columns(Stream stream);

}  // namespace drydock::host
