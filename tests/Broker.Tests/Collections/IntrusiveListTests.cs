using CsCheck;
using XcpBroker.Collections;

namespace XcpBroker.Broker.Tests.Collections;

internal sealed class IntrusiveListTests
{
    private enum Act
    {
        AddFirst,
        AddLast,
        Remove,
    }

    [Test]
    public void It_is_what_a_list_would_be_under_any_operations() =>
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 7]).List[0, 60].Sample(operations =>
        {
            Item[] items = [.. Enumerable.Range(0, 8).Select(_ => new Item())];
            IntrusiveList<Item, Item.Links> list = default;
            List<Item> model = [];
            foreach ((Act act, int number) in operations)
            {
                Item item = items[number];
                if (act == Act.Remove ? !model.Remove(item) : model.Contains(item))
                {
                    continue;
                }

                switch (act)
                {
                    case Act.AddFirst:
                        list.AddFirst(item);
                        model.Insert(0, item);
                        break;
                    case Act.AddLast:
                        list.AddLast(item);
                        model.Add(item);
                        break;
                    default:
                        list.Remove(item);
                        break;
                }

                Assert.That(Forwards(list), Is.EqualTo(model));
                Assert.That(list.Last, Is.EqualTo(model.LastOrDefault()));
            }
        });

    private static IEnumerable<Item> Forwards(IntrusiveList<Item, Item.Links> list)
    {
        for (Item? item = list.First; item is not null; item = item.Next)
        {
            yield return item;
        }
    }

    private sealed class Item
    {
        private ListLinks<Item> _links;

        internal Item? Next => _links.Next;

        internal readonly struct Links : ILinksOf<Item>
        {
            public static ref ListLinks<Item> In(Item item) => ref item._links;
        }
    }
}
