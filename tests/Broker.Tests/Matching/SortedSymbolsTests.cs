using System.Text;
using CsCheck;
using XcpBroker.Matching;

namespace XcpBroker.Broker.Tests.Matching;

public sealed class SortedSymbolsTests
{
    private static readonly Gen<string> Text = Gen.Select(Gen.Int[0, 30], Gen.Int[0, 60], (first, second) => $"/{first}/{(second == 0 ? "" : second)}");

    [Test]
    public void What_is_below_a_prefix_is_found_while_symbols_come_and_go() =>
        Gen.Select(Text.Array[0, 2000], Gen.Int[0, 40].Array[2000], Gen.OneOf("", "/", "/1", "/1/", "/17/", "/30/", "/31/", "/9/6")).Sample(
            (texts, dice, prefix) =>
            {
                SymbolTable symbols = new();
                SortedSymbols sorted = new();
                HashSet<Symbol> there = [];
                for (int index = 0; index < texts.Length; index++)
                {
                    Symbol symbol = symbols.Acquire(Encoding.ASCII.GetBytes(texts[index]));
                    if (there.Add(symbol))
                    {
                        sorted.Add(symbol);
                    }
                    else if (dice[index] > 20 && there.Remove(symbol))
                    {
                        sorted.Remove(symbol);
                    }
                }

                byte[] bytes = Encoding.ASCII.GetBytes(prefix);
                List<Symbol> found = [];
                sorted.CollectBelow(bytes, found);
                return found.Count == found.Distinct().Count()
                    && there.Where(symbol => symbol.Bytes.StartsWith(bytes) && symbol.Bytes.Length > bytes.Length).ToHashSet().SetEquals(found);
            },
            iter: 200);
}
