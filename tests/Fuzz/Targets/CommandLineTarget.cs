using System.Text;
using XcpBroker.Config.Services;

namespace XcpBroker.Fuzz.Targets;

/// <summary>Exec= texts: words, quoted anew, are the same words.</summary>
internal sealed class CommandLineTarget : IFuzzTarget
{
    public static string Name => "exec";

    public static string Corpus => "services/exec.tsv";

    public static void Fuzz(ReadOnlySpan<byte> input)
    {
        if (!CommandLineText.TrySplit(Encoding.Latin1.GetString(input), out IReadOnlyList<string>? words, out string? error))
        {
            FuzzFailure.Unless(error.Length > 0 && !error.Any(char.IsControl), "an error that is not one line");
            return;
        }

        string quoted = string.Join(' ', words.Select(word => $"'{word.Replace("'", "'\\''")}'"));
        bool isSame = CommandLineText.TrySplit(quoted, out IReadOnlyList<string>? again, out _) && again.SequenceEqual(words);
        FuzzFailure.Unless(isSame, "quoted words are not the words");
    }
}
