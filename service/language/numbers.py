"""The small numbers that are written as words."""

CHINESE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
ENGLISH = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
NUMBERS = {"两": 2} | {word: number for words in (CHINESE, ENGLISH) for number, word in enumerate(words, 1)}
