using System.Text;

namespace XcpBroker.Fuzz.Corpus;

/// <summary>Turns files into inputs of a fuzz target.</summary>
internal static class Seeds
{
    /// <summary>
    /// A .hex vector is two inputs, one a byte order; a .tsv has one a line, its first column; a .sasl is what the client says; any other file is one.
    /// </summary>
    internal static IEnumerable<byte[]> Read(string file)
    {
        switch (Path.GetExtension(file))
        {
            case ".hex":
                string text = File.ReadAllText(file);
                yield return HexVector.Parse(text, isBigEndian: false);
                yield return HexVector.Parse(text, isBigEndian: true);
                break;
            case ".tsv":
                foreach (string line in File.ReadLines(file).Where(line => !line.StartsWith('#')))
                {
                    yield return Encoding.Latin1.GetBytes(line.Split('\t')[0]);
                }

                break;
            case ".sasl":
                yield return SaslVector.Read(file).Said;
                break;
            case ".md":
                break;
            default:
                yield return File.ReadAllBytes(file);
                break;
        }
    }
}
